import { canonicalText } from '@torale/block-alignment';
import type { Condition, Operator, Reading } from '../sentence/reading.ts';
import type { Value } from '../values/value.ts';
import type { JudgedChange } from './judged-change.ts';
import type { Observation } from './observe.ts';

/** The sentences that a verdict is told in. */

const operators: Record<Operator, string> = { below: 'below', at_most: 'at most', equals: 'exactly', at_least: 'at least', above: 'above' }; // prettier-ignore
const opposites: Record<Operator, string> = { below: 'not below', at_most: 'above', equals: 'not', at_least: 'below', above: 'not above' }; // prettier-ignore
const states: Record<string, string> = { available: 'available', unavailable: 'sold out', preorder: 'open for pre-order', backorder: 'on backorder', open: 'open', closed: 'closed', cancelled: 'cancelled', postponed: 'postponed', discontinued: 'discontinued', coming_soon: 'coming soon' }; // prettier-ignore

export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
export const excerpt = (text: string, length = 140): string => {
  const canonical = canonicalText(text);
  return canonical.length <= length ? canonical : `${canonical.slice(0, length - 1).replace(/\s+\S*$/, '')}…`;
};
const quoted = (text: string, length?: number) => `“${excerpt(text, length)}”`;

const amountIn = (value: Value | null) =>
  value && 'amount' in value ? value.amount : value?.kind === 'duration' ? value.seconds : null;
const labelOf = (reading: Reading) => capital(reading.attribute ?? 'value');
const boundOf = (condition: Condition): string =>
  condition.kind === 'comparison' ? `${operators[condition.operator]} ${condition.bound}` : '';

/** "Price fell from $549 to $499". */
function movementOf(reading: Reading, before: Value | null, after: Value): string {
  const [old, now] = [amountIn(before), amountIn(after)];
  const label = labelOf(reading);
  if (before === null || old === null || now === null) return `${label} is ${after.text}`;
  if (old === now) return `${label} is still ${after.text}`;
  return `${label} ${now < old ? 'fell' : 'rose'} from ${before.text} to ${after.text}`;
}

/** Why an alert is raised on a condition, as its one-sentence summary. */
export function conditionSummary(
  condition: Condition,
  reading: Reading,
  before: Observation | null,
  after: Observation,
): string {
  switch (condition.kind) {
    case 'comparison':
      return before
        ? `${movementOf(reading, before.value, after.value!)}, ${boundOf(condition)}.`
        : `${labelOf(reading)} is already ${after.value!.text}, ${boundOf(condition)}.`;
    case 'movement':
      return `${movementOf(reading, before?.value ?? null, after.value!)}.`;
    case 'state': {
      const was =
        before?.block && before.value?.text !== after.value?.text
          ? `, was ${quoted(before.block.text, 60)}`
          : '';
      return `${before ? 'Now' : 'Already'} ${states[condition.state]}: ${quoted((after.block ?? before?.block)?.text ?? '', 100)}${was}.`;
    }
    case 'date_announced':
      return `${before ? 'A date is announced' : 'A date is already announced'}: ${after.value!.text} (${quoted(after.block!.text)}).`;
    case 'mention':
      return condition.absent
        ? `The page ${before ? 'no longer mentions' : 'does not mention'} “${condition.phrase}”.`
        : `The page ${before ? 'now' : 'already'} mentions “${condition.phrase}”: ${quoted(after.block!.text)}.`;
  }
}

/** Why a condition does not alert, as a clause. */
export function unmetReason(
  condition: Condition,
  reading: Reading,
  before: Observation | null,
  after: Observation,
): string {
  switch (condition.kind) {
    case 'comparison':
      if (!after.value)
        return `no ${reading.attribute ?? 'value'} to compare with ${condition.bound} was found`;
      if (after.met)
        return `${movementOf(reading, before?.value ?? after.value, after.value)}, ${boundOf(condition)} as before`;
      return `${movementOf(reading, before?.value ?? null, after.value)}, ${opposites[condition.operator]} ${condition.bound}`;
    case 'movement':
      return after.value
        ? movementOf(reading, before?.value ?? null, after.value)
        : `no ${reading.attribute ?? 'value'} was found`;
    case 'state':
      return after.met
        ? `it is ${states[condition.state]} as before`
        : `it is not ${states[condition.state]}${after.block ? ` (${quoted(after.block.text, 80)})` : ''}`;
    case 'date_announced':
      return after.met ? `the date ${after.value!.text} was announced before` : 'no date is announced';
    case 'mention':
      return `“${condition.phrase}” is ${after.block !== null ? 'mentioned' : 'not mentioned'}${after.met ? ', as before' : ''}`;
  }
}

/** What one change is, in a sentence that names its values. */
export function changeSummary({ change, differences }: JudgedChange): string {
  if (change.kind === 'added') return `New: ${quoted(change.after.text)}`;
  if (change.kind === 'removed') return `Gone: ${quoted(change.before.text)}`;
  const value = differences.find(
    (difference) => difference.kind === 'value' && difference.before && difference.after,
  );
  if (value?.kind === 'value') {
    const about = value.hunk.lead || change.after.path.at(-1) || '';
    return `${about ? `${capital(excerpt(about, 60))}: ` : ''}${value.before!.text} became ${value.after!.text}`;
  }
  const hunk = differences[0]?.hunk;
  if (hunk && hunk.before.length + hunk.after.length < 120) {
    if (!hunk.before) return `Added ${quoted(hunk.after)} in ${quoted(change.after.text, 80)}`;
    if (!hunk.after) return `Removed ${quoted(hunk.before)} from ${quoted(change.before.text, 80)}`;
    return `${quoted(hunk.before)} became ${quoted(hunk.after)} in ${quoted(change.after.text, 80)}`;
  }
  return `${quoted(change.before.text, 90)} became ${quoted(change.after.text, 90)}`;
}
