import { remembered } from '@torale/block-alignment';
import { datesIn } from './dates.ts';
import { moneyIn } from './money.ts';
import { durationsIn, numbersIn, percentagesIn, versionsIn } from './numbers.ts';
import type { Value } from './value.ts';
import { availabilitiesIn, modalitiesIn, negationsIn } from './words.ts';

/** What is surest comes first: a span belongs to the first reader that claims it. */
const readers: ((text: string) => Value[])[] = [
  moneyIn,
  percentagesIn,
  datesIn,
  durationsIn,
  versionsIn,
  numbersIn,
  availabilitiesIn,
  negationsIn,
  modalitiesIn,
];

/** UUIDs and long hex strings: their digits are no numbers. */
const identifier =
  /(?<![\p{L}\p{N}])(?:[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}|(?=[\da-f]*\d)(?=[\da-f]*[a-f])[\da-f]{8,})(?![\p{L}\p{N}])/giu;

/** Every value in a canonical text, without overlaps, in order. */
export const valuesIn = remembered((text: string): readonly Value[] => {
  const taken: Value[] = [];
  const owner = new Uint8Array(text.length);
  for (const match of text.matchAll(identifier)) owner.fill(1, match.index, match.index + match[0].length);
  for (const read of readers) {
    for (const value of read(text)) {
      if (owner.subarray(value.start, value.end).includes(1)) continue;
      owner.fill(1, value.start, value.end);
      taken.push(value);
    }
  }
  return taken.sort((a, b) => a.start - b.start);
});
