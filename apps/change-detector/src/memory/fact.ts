import { canonicalText, diceOf, stemOf, wordsOf } from '@torale/block-alignment';
import type { Examination, AlertDraft } from '../judge/judge.ts';
import type { Condition } from '../sentence/reading.ts';
import type { ValueKind } from '../values/value.ts';
import { valuesIn } from '../values/values.ts';

/** What an alert told, as far as it matters to tell it only once. */
export interface Fact {
  /** What it is about: a condition, `added`, `edited` or `removed`. Facts of two families are never the same. */
  family: string;
  /** The values that it states with their kinds, sorted, e.g. `date 2027-03-04`. */
  value_keys: string[];
  text: string;
}

/** Values that make a fact another fact when they differ. */
const telling = new Set<ValueKind>([
  'money',
  'percentage',
  'date',
  'time',
  'number',
  'version',
  'duration',
  'availability',
  'negation',
]);

export function factOf(
  condition: Condition | null,
  { evidence }: AlertDraft,
  { watched }: Examination,
): Fact {
  const [first] = evidence as [AlertDraft['evidence'][number]];
  const text = (first.after ?? first.before)!;
  if (condition) {
    return {
      family: familyOf(condition),
      value_keys: watched ? [`${watched.kind} ${watched.key}`] : [],
      text,
    };
  }
  const keys = valuesIn(canonicalText(text))
    .filter(({ kind }) => telling.has(kind))
    .map(({ kind, key }) => `${kind} ${key}`);
  return { family: first.kind, value_keys: [...new Set(keys)].sort(), text };
}

function familyOf(condition: Condition): string {
  switch (condition.kind) {
    case 'state':
      return `state:${condition.state}`;
    case 'mention':
      return `mention:${condition.absent ? 'not ' : ''}${condition.phrase}`;
    case 'comparison':
      return `comparison:${condition.of}`;
    case 'movement':
      return `movement:${condition.of}`;
    case 'date_announced':
      return 'date_announced';
  }
}

/** Likeness of texts, 0 to 1, from where on they tell the same when they state the same. */
const alike = 0.5;
/** A price, a date or a version says which news it is; a small number may stand in any. */
const identifying = /^(?:money|date|version) /;
const repeatable = new Set(['added', 'date_announced']);

/**
 * Whether `fact` tells what was told before. On the source that told it first, only what stands there again in a new
 * place is a repeat: a value that went away and came back has changed twice. Texts that state nothing countable must be
 * in the same words: no likeness tells a rewording from another fact.
 */
export function repeats(fact: Fact, told: Fact, sameSource: boolean, cosine: number): boolean {
  if (fact.family !== told.family && !(isChange(fact) && isChange(told))) return false;
  if (sameSource && !(repeatable.has(fact.family) && repeatable.has(told.family))) return false;
  const sameValues =
    fact.value_keys.length === told.value_keys.length &&
    fact.value_keys.every((key) => told.value_keys.includes(key));
  if (!isChange(fact)) return sameValues;
  if (!sameValues) return false;
  const dice = diceOf(stems(fact.text), stems(told.text));
  return (
    dice === 1 || (fact.value_keys.some((key) => identifying.test(key)) && Math.max(dice, cosine) >= alike)
  );
}

/** One source edits the line in which another adds it. */
const isChange = ({ family }: Fact) => family === 'added' || family === 'edited';
const stems = (text: string) => wordsOf(text).map(stemOf);
