import { canonicalText, stemsOf } from '@torale/block-alignment';
import { isDeepStrictEqual } from 'node:util';
import { readingSchema, type Reading as StoredReading } from '@torale/contracts';
import { valuesIn } from '../values/values.ts';
import { amountOf } from './read-condition.ts';
import { readSentence } from './read-sentence.ts';
import type { Condition, Reading } from './reading.ts';

/** The part of a reading that is stored and shown. */
export const storedReadingOf = ({ subject, attribute, condition }: Reading): StoredReading => ({
  subject,
  attribute,
  condition,
});

/**
 * The reading that was stored with a sentence, with what follows from it. One that does not keep the contract was
 * written past the API; then, and when there is none, the sentence is read.
 */
export function readingFrom(stored: unknown, rawQuery: string, condition: string | null): Reading {
  const read = readSentence(rawQuery, condition);
  const parsed = readingSchema.safeParse(stored);
  if (!parsed.success || isDeepStrictEqual(parsed.data, storedReadingOf(read))) return read;
  const { subject, attribute } = parsed.data;
  const subjectStems = stemsOf(subject);
  return {
    subject,
    attribute,
    condition: parsed.data.condition && withTrueBound(parsed.data.condition),
    subjectStems,
    asked: new Set([...read.asked, ...subjectStems, ...stemsOf(attribute ?? '')]),
    anyChange: parsed.data.condition === null && subjectStems.size === 0,
  };
}

/** Whoever corrects an amount may leave its wording as it was; summaries must name the amount that counts. */
function withTrueBound(condition: Condition): Condition {
  if (condition.kind !== 'comparison') return condition;
  const { amount, currency, of, bound } = condition;
  const written = valuesIn(canonicalText(bound)).some(
    (value) =>
      (value.kind === 'money' ||
        value.kind === 'percentage' ||
        value.kind === 'number' ||
        value.kind === 'duration') &&
      amountOf(value) === amount,
  );
  if (written) return condition;
  const unit = of === 'percentage' ? '%' : of === 'duration' ? ' seconds' : currency ? ` ${currency}` : '';
  return { ...condition, bound: `${amount}${unit}` };
}
