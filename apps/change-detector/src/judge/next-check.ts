import { canonicalText } from '@torale/block-alignment';
import type { Verdict } from '@torale/contracts';
import { datesIn } from '../values/dates.ts';

/** Once a page moves, it is looked at so many times as often until it is still again. */
const haste = 4;
/** Nobody's site is asked more often than this, unless its watcher asked for it. */
const shortestSeconds = 60;
/** What is told for ten o'clock is seldom there at ten sharp. */
const graceSeconds = 60;

/**
 * Seconds until the next look at a page, where that is sooner than the query's own interval: after a real change, and
 * when a date that the changed texts name falls before it. Never later than the interval, which is a promise; never
 * sooner than a minute, or the interval where that is shorter. Null: the interval stands.
 * @param now ISO 8601
 */
export function secondsUntilNextCheck(
  verdict: Verdict,
  changedTexts: readonly string[],
  intervalSeconds: number,
  now: string,
): number | null {
  if (verdict !== 'changed' && verdict !== 'alert') return null;
  const start = Date.parse(now);
  const untilDates = changedTexts
    .flatMap((text) => datesIn(canonicalText(text)))
    .flatMap((value) =>
      value.kind === 'date' && /^\d{4}-\d\d-\d\d/.test(value.iso) ? [instantOf(value.iso)] : [],
    )
    .map((instant) => (instant - start) / 1000 + graceSeconds)
    .filter((seconds) => seconds > graceSeconds);
  const soonest = Math.min(intervalSeconds / haste, ...untilDates);
  const seconds = Math.ceil(Math.max(soonest, Math.min(shortestSeconds, intervalSeconds)));
  return seconds < intervalSeconds ? seconds : null;
}

/** A day begins when it does in UTC; pages seldom say where they are. */
const instantOf = (iso: string): number => Date.parse(iso.length > 10 ? `${iso}Z` : iso);
