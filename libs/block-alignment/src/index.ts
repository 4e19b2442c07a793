export { alignBlocks, type Alignment, type BlockChange } from './align.ts';
export { availabilityMentionsIn } from './availability.ts';
export { canonicalText, foldedText } from './canonical.ts';
export { diffContents } from './diff-contents.ts';
export { remembered } from './remembered.ts';
export { cosineOf, diceOf, shapeWordsOf } from './similarity.ts';
export { stemOf, stemsOf, wordCountOf, wordsOf } from './words.ts';
