import { diffWords } from 'diff';
import { singleLine } from '../single-line.ts';

export interface DiffPart {
  text: string;
  change: 'same' | 'removed' | 'added';
}

/** What is compared of each text, UTF-16 units. */
const comparedLength = 20_000;
/** More different than this, two texts are easier to read one after the other. */
const leastInCommon = 0.3;
/** Words put in and taken out; the time it takes grows with its square, and a digest has hundreds of differences. */
const mostEdits = 100;
/** What stays around a change of what is the same, and what is shown of a change. */
const contextLength = 70;
const changeLength = 600;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });
const graphemes = new Intl.Segmenter();

/**
 * What was taken out and put in between two texts, word by word, as one line in which what is the same is cut short.
 * Null stands for a text that is not there.
 */
export function wordDiff(before: string | null, after: string | null): DiffPart[] {
  const [old, fresh] = [before ?? '', after ?? ''].map((text) => singleLine(text, comparedLength));
  return shortened(partsOf(old!, fresh!).filter(({ text }) => text !== ''));
}

function partsOf(before: string, after: string): DiffPart[] {
  const whole: DiffPart[] = [
    { text: before, change: 'removed' },
    { text: after, change: 'added' },
  ];
  if (before === '' || after === '') return whole;
  const changes = diffWords(before, after, {
    intlSegmenter: segmenter,
    maxEditLength: mostEdits,
    timeout: 100,
  });
  if (!changes) return whole;
  const same = changes.reduce(
    (length, { added, removed, value }) => (added || removed ? length : length + value.trim().length),
    0,
  );
  if (same < leastInCommon * Math.min(before.length, after.length)) return whole;
  return changes.map(({ value, added, removed }) => ({
    text: value,
    change: added ? 'added' : removed ? 'removed' : 'same',
  }));
}

function shortened(parts: DiffPart[]): DiffPart[] {
  const last = parts.length - 1;
  return parts.map(({ text, change }, index) => {
    if (change !== 'same') return { text: cutEnd(text, changeLength), change };
    if (parts.length === 1) return { text: cutEnd(text, changeLength), change };
    if (index === 0) return { text: cutStart(text, contextLength), change };
    if (index === last) return { text: cutEnd(text, contextLength), change };
    if (text.length <= 2 * contextLength + 5) return { text, change };
    return { text: `${cutEnd(text, contextLength)} ${cutStart(text, contextLength)}`, change };
  });
}

/** Both cut between words, or anywhere in a text without spaces, and never through what people count as a character. */
function cutEnd(text: string, length: number): string {
  if (text.length <= length) return text;
  const cut = text.slice(0, graphemes.segment(text).containing(length)!.index);
  const space = cut.lastIndexOf(' ');
  return `${space > length / 2 ? cut.slice(0, space) : cut} …`;
}

function cutStart(text: string, length: number): string {
  if (text.length <= length) return text;
  const from = text.length - length;
  const { index, segment } = graphemes.segment(text).containing(from)!;
  const cut = text.slice(index === from ? from : index + segment.length);
  const space = cut.indexOf(' ');
  return `… ${space >= 0 && space < length / 2 ? cut.slice(space + 1) : cut}`;
}

/** One side of a difference, as a line. */
export const sideOf = (parts: DiffPart[], side: 'removed' | 'added'): string =>
  parts
    .filter(({ change }) => change === 'same' || change === side)
    .map(({ text }) => text)
    .join('')
    .trim();
