import { canonicalText, stemOf, stemsOf, wordsOf } from '@torale/block-alignment';
import type { Block } from '@torale/contracts';
import { amountOf } from '../sentence/read-condition.ts';
import type { Condition, Measure, Operator, Reading } from '../sentence/reading.ts';
import { datesIn } from '../values/dates.ts';
import { moneyIn, sameCurrency } from '../values/money.ts';
import { percentagesIn } from '../values/numbers.ts';
import type { Availability, AvailabilityValue, DateValue, Value, ValueOf } from '../values/value.ts';
import { valuesIn } from '../values/values.ts';
import { availabilitiesIn } from '../values/words.ts';
import {
  aboutFrom,
  coverageOf,
  mostLikely,
  plausibleFrom,
  sightingsOf,
  type Sighting,
  type Version,
} from './sighting.ts';

/** What one version says about the condition. */
export interface Observation {
  /** Null when the page does not say. */
  met: boolean | null;
  value: Value | null;
  block: Block | null;
  index: number | null;
  /** 0 to 1: how surely this is the watched value. */
  certainty: number;
}

type MeasuredValue = ValueOf<Measure>;

const nothing: Observation = { met: null, value: null, block: null, index: null, certainty: 0.5 };

const holds = (operator: Operator, amount: number, bound: number): boolean =>
  ({
    below: amount < bound,
    at_most: amount <= bound,
    equals: amount === bound,
    at_least: amount >= bound,
    above: amount > bound,
  })[operator];

/** What a version says about a condition; with `only`, in the block at that position. */
export function observe(
  condition: Condition,
  reading: Reading,
  version: Version,
  only?: number,
): Observation {
  const part = only === undefined ? version : restrictedTo(version, (_, index) => index === only);
  switch (condition.kind) {
    case 'comparison': {
      const sighting = watchedMeasure(condition, reading, part);
      return sighting
        ? seen(sighting, holds(condition.operator, amountOf(sighting.value), condition.amount))
        : nothing;
    }
    case 'movement': {
      const sighting = watchedMeasure({ ...condition, currency: null }, reading, part);
      return sighting ? seen(sighting, null) : nothing;
    }
    case 'state':
      return observeState(condition.state, reading, part);
    case 'date_announced':
      return observeDate(reading, part);
    case 'mention':
      return observeMention(condition.phrase, condition.absent, part);
  }
}

/** The version with every other block emptied, so that positions stay what they are. */
const restrictedTo = (version: Version, keep: (block: Block, index: number) => boolean): Version => ({
  ...version,
  blocks: version.blocks.map((block, index) =>
    keep(block, index) ? block : { ...block, text: '', cells: [] },
  ),
});

const seen = (
  { value, block, index, coverage, certainty = 0.95 }: Sighting & { certainty?: number },
  met: boolean | null,
): Observation => ({
  met,
  value,
  block,
  index,
  certainty: coverage >= 0.5 ? certainty : Math.min(certainty, 0.75),
});

// Measures ------------------------------------------------------------------------------------------------------

function watchedMeasure(
  condition: { of: Measure; currency: string | null },
  reading: Reading,
  version: Version,
): (Sighting<MeasuredValue> & { certainty: number }) | null {
  const { of, currency } = condition;
  const attribute = new Set(wordsOf(reading.attribute ?? '').map(stemOf));
  const read = (text: string): MeasuredValue[] => {
    if (!/\d/.test(text)) return [];
    if (of === 'money')
      return moneyIn(text).filter((value) => currency === null || sameCurrency(value.currency, currency));
    if (of === 'percentage') return percentagesIn(text);
    return valuesIn(text).filter((value): value is MeasuredValue => value.kind === of);
  };
  let sightings = sightingsOf(version, reading, read);
  if (of === 'number' && attribute.size > 0) {
    // Numbers are everywhere: one that is not called what the sentence calls it is another number.
    sightings = sightings.filter(({ value, block }) => {
      const unit = value.kind === 'number' && value.unit ? stemOf(value.unit) : '';
      return (
        attribute.has(unit) ||
        [...stemsOf(`${block.text} ${block.path.join(' ')}`)].some((stem) => attribute.has(stem))
      );
    });
  }
  const best = mostLikely(sightings);
  if (!best) return null;
  const chosen = of === 'money' ? lowestBeside(best, sightings) : best;
  const rival = sightings.find(
    ({ index, value, score }) =>
      index !== chosen.index && value.key !== chosen.value.key && best.score - score < 0.5,
  );
  return { ...chosen, certainty: rival ? 0.8 : 0.95 };
}

/** Two bare prices side by side are the old one, struck through, and the new one. */
function lowestBeside(
  best: Sighting<MeasuredValue>,
  sightings: Sighting<MeasuredValue>[],
): Sighting<MeasuredValue> {
  const amount = amountOf(best.value);
  return sightings
    .filter(
      (other) =>
        Math.abs(other.index - best.index) <= 1 &&
        best.score - other.score < 1.2 &&
        other.block.path.at(-1) === best.block.path.at(-1),
    )
    .filter((other) => other.block === best.block || other.block.text.length - other.value.text.length <= 12)
    .filter((other) => amountOf(other.value) <= amount && amountOf(other.value) >= amount * 0.2)
    .reduce((lowest, other) => (amountOf(other.value) < amountOf(lowest.value) ? other : lowest), best);
}

// States --------------------------------------------------------------------------------------------------------

const families: readonly Availability[][] = [
  ['available', 'unavailable', 'preorder', 'backorder', 'coming_soon', 'discontinued'],
  ['cancelled', 'postponed'],
  ['open', 'closed'],
];
const satisfiedBy: Partial<Record<Availability, Availability[]>> = {
  open: ['open', 'available'],
  unavailable: ['unavailable', 'discontinued'],
};

function observeState(state: Availability, reading: Reading, version: Version): Observation {
  const wanted = satisfiedBy[state] ?? [state];
  const family = new Set([...families.find((members) => members.includes(state))!, ...wanted]);
  const read = (text: string): AvailabilityValue[] =>
    firstClaims(availabilitiesIn(text)).filter((value) => family.has(value.state));
  const sightings = sightingsOf(version, reading, read)
    .map((sighting) => ({ ...sighting, score: sighting.score + stateScore(sighting) }))
    .sort((a, b) => b.score - a.score);
  const best = mostLikely(sightings);
  // A page that says nothing of it has not sold out, is not cancelled, is not open.
  return best ? seen(best, wanted.includes(best.value.state)) : { ...nothing, met: false };
}

/** A denial outweighs the button beside it, a line of its own outweighs a word in passing. */
const stateScore = ({ value, block }: Sighting<AvailabilityValue>): number =>
  (value.state === 'available' || value.state === 'open' ? 0 : 0.6) -
  (/^(?:add to|buy|book)/i.test(value.text) ? 0.4 : 0) -
  (block.text.length > 160 ? 1.5 : 0);

/** Drops what lies inside an earlier claim: "available" in "not available". */
function firstClaims(values: AvailabilityValue[]): AvailabilityValue[] {
  const kept: AvailabilityValue[] = [];
  for (const value of values) {
    if (!kept.some(({ start, end }) => value.start < end && start < value.end)) kept.push(value);
  }
  return kept;
}

// Dates ---------------------------------------------------------------------------------------------------------

const happening =
  /\b(?:releas|launch|availab|com(?:es|ing) (?:out|to|on|in)?|arriv|open|start|begin|on sale|ship|dates?\b|announc|schedul|premier|debut|takes? place|will be held|kick|erschein|veröffentlich|sortie|lanzamiento|estreno|uscita)/iu;
const guessed =
  /\b(?:rumou?r|leak|expected|could|might|may be|speculat|probably|likely|tba|tbd|unconfirmed|nicht bestätigt)/iu;
const denied = /\b(?:not|n't|no|never|without|nicht|kein\p{L}*|pas|aucune|sin)\b/iu;
const stamped =
  /\b(?:posted|published|updated|modified|written|reviewed|created|copyright|©|retrieved|accessed)\b[^.]{0,25}$/iu;
const mayHoldDate = /\d/;
const yearPattern = /(?<!\d)(?:19|20)\d\d(?!\d)/g;

function observeDate(reading: Reading, version: Version): Observation {
  const today = version.fetched_at.slice(0, 10);
  const read = (text: string): DateValue[] =>
    text
      ? datesIn(text)
          .filter((value): value is DateValue => value.kind === 'date' && isAhead(value.iso, today))
          .filter((value) => {
            const sentence = sentenceAround(text, value);
            return (
              !guessed.test(sentence) && !denied.test(sentence) && !stamped.test(text.slice(0, value.start))
            );
          })
      : [];
  // Dates are costly to read: only where something of the subject is said to happen, the likeliest blocks first.
  const coverage = version.blocks.map((block) => coverageOf(block, version.title, reading));
  const candidates = version.blocks
    .map((_, index) => index)
    .filter((index) => coverage[index]! >= aboutFrom && mayTellDate(version.blocks[index]!, today))
    .sort((a, b) => coverage[b]! - coverage[a]! || a - b);
  for (const index of candidates) {
    const [found] = sightingsOf({ ...version, blocks: [version.blocks[index]!] }, reading, read);
    if (found && found.score > plausibleFrom) return seen({ ...found, index }, true);
  }
  return { ...nothing, met: false };
}

function mayTellDate({ path, cells, text }: Block, today: string): boolean {
  if (!mayHoldDate.test(text)) return false;
  const years = text.match(yearPattern);
  if (years?.every((year) => year < today.slice(0, 4))) return false;
  return happening.test(
    canonicalText([...path.slice(-1), ...(cells?.map(({ header }) => header ?? '') ?? []), text].join(' ')),
  );
}

/** Whether a date, as exact as it is, may still be to come; a bare year or a weekday is not a date to wait for. */
function isAhead(iso: string, today: string): boolean {
  if (iso.startsWith('weekday') || /^\d{4}$/.test(iso)) return false;
  if (iso.startsWith('--')) return true;
  if (/^\d{4}-\d\d/.test(iso)) return iso.slice(0, 10) >= today.slice(0, Math.min(10, iso.length));
  return iso.slice(0, 4) >= today.slice(0, 4);
}

function sentenceAround(text: string, { start, end }: Value): string {
  const from = Math.max(...['. ', '! ', '? ', '; '].map((mark) => text.lastIndexOf(mark, start))) + 1;
  const stops = ['. ', '! ', '? ', '; '].map((mark) => text.indexOf(mark, end)).filter((stop) => stop !== -1);
  return text.slice(Math.max(0, from), Math.min(text.length, ...stops));
}

// Mentions ------------------------------------------------------------------------------------------------------

function observeMention(phrase: string, absent: boolean, version: Version): Observation {
  const normal = (text: string) => ` ${wordsOf(text).map(stemOf).join(' ')} `;
  const wanted = normal(phrase);
  const index = version.blocks.findIndex(({ text }) => normal(text).includes(wanted));
  const block = version.blocks[index] ?? null;
  return {
    met: (block !== null) !== absent,
    value: null,
    block,
    index: block ? index : null,
    certainty: 0.95,
  };
}
