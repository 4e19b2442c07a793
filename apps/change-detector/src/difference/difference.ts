import { canonicalText, foldedText } from '@torale/block-alignment';
import { diffArrays } from 'diff';
import type { Value } from '../values/value.ts';
import { valuesIn } from '../values/values.ts';

/** A value that appeared, went or became another. */
export interface ValueDifference {
  kind: 'value';
  before: Value | null;
  after: Value | null;
  /** The words that the change replaces and that replace it, with the value among them. */
  hunk: Hunk;
}
/** Words that changed, with no value among them. */
export interface WordingDifference {
  kind: 'wording';
  hunk: Hunk;
}
export type Difference = ValueDifference | WordingDifference;

/** One place of change in a text: what stood there, what stands there, and up to four words on either side. */
export interface Hunk {
  before: string;
  after: string;
  lead: string;
  trail: string;
}

interface Token {
  key: string;
  start: number;
  end: number;
  value: Value | null;
}

interface ReadText {
  canonical: string;
  tokens: Token[];
}

const word = /[\p{L}\p{M}\p{N}]+(?:['.@_-][\p{L}\p{M}\p{N}]+)*|[✓✔✗✘☑☐✅❌★☆●○]/gu;

function read(text: string): ReadText {
  const canonical = canonicalText(text);
  const tokens: Token[] = [];
  let position = 0;
  const addWords = (end: number) => {
    for (const match of canonical.slice(position, end).matchAll(word)) {
      const start = position + match.index;
      tokens.push({ key: match[0].toLowerCase(), start, end: start + match[0].length, value: null });
    }
  };
  for (const value of valuesIn(canonical)) {
    addWords(value.start);
    tokens.push({ key: value.key, start: value.start, end: value.end, value });
    position = value.end;
  }
  addWords(canonical.length);
  return { canonical, tokens };
}

/** Beyond this many edits two texts have nothing in common that is worth lining up. */
const maxEditLength = 600;
const contextWords = 4;

/**
 * What changed between two texts, as typed values and as words, in order. Case, punctuation, spacing and the way a
 * value is written are no difference, so two texts that read alike give an empty list.
 */
export function differencesBetween(before: string, after: string): Difference[] {
  const [old, now] = [read(before), read(after)];
  const steps = diffArrays(
    old.tokens.map(({ key }) => key),
    now.tokens.map(({ key }) => key),
    { maxEditLength },
  ) ?? [
    { removed: true, added: false, count: old.tokens.length },
    { removed: false, added: true, count: now.tokens.length },
  ];
  const differences: Difference[] = [];
  let [i, j] = [0, 0];
  for (let step = 0; step < steps.length;) {
    const [fromI, fromJ] = [i, j];
    for (; step < steps.length && (steps[step]!.added || steps[step]!.removed); step++) {
      if (steps[step]!.removed) i += steps[step]!.count;
      else j += steps[step]!.count;
    }
    if (i > fromI || j > fromJ) differences.push(...differencesOf(old, fromI, i, now, fromJ, j));
    if (step < steps.length) {
      i += steps[step]!.count;
      j += steps[step]!.count;
      step++;
    }
  }
  return differences;
}

const textOf = ({ canonical, tokens }: ReadText, from: number, to: number): string =>
  from < to ? canonical.slice(tokens[from]!.start, tokens[to - 1]!.end) : '';

function differencesOf(
  old: ReadText,
  fromI: number,
  toI: number,
  now: ReadText,
  fromJ: number,
  toJ: number,
): Difference[] {
  const hunk: Hunk = {
    before: textOf(old, fromI, toI),
    after: textOf(now, fromJ, toJ),
    lead: textOf(now, Math.max(0, fromJ - contextWords), fromJ),
    trail: textOf(now, toJ, Math.min(now.tokens.length, toJ + contextWords)),
  };
  // "web site" and "website", "e-mail" and "email".
  if (foldedText(hunk.before) === foldedText(hunk.after) && hunk.before && hunk.after) return [];
  const gone = old.tokens.slice(fromI, toI).flatMap(({ value }) => value ?? []);
  const come = now.tokens.slice(fromJ, toJ).flatMap(({ value }) => value ?? []);
  const values = pairValues(gone, come).map(([before, after]): Difference => ({
    kind: 'value',
    before,
    after,
    hunk,
  }));
  return values.length > 0 ? values : [{ kind: 'wording', hunk }];
}

/** Within one hunk, the first value of a kind is replaced by the first of that kind, and so on. */
function pairValues(gone: Value[], come: Value[]): [Value | null, Value | null][] {
  const waiting = [...come];
  const pairs = gone.map((before): [Value | null, Value | null] => {
    const match = waiting.findIndex(({ kind }) => kind === before.kind);
    return [before, match === -1 ? null : waiting.splice(match, 1)[0]!];
  });
  return [
    ...pairs.filter(([before, after]) => before?.key !== after?.key),
    ...waiting.map((after): [null, Value] => [null, after]),
  ];
}
