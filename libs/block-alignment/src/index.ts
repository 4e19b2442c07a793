export { alignBlocks, type Alignment, type BlockChange } from './align.ts';
export { canonicalText, foldedText } from './canonical.ts';
export { diffContents } from './diff-contents.ts';
export { cosineOf } from './similarity.ts';
export { stemOf, stemsOf, wordsOf } from './words.ts';
