import { weekdays, type Weekday } from '@torale/contracts';
import { IANAZone } from 'luxon';

/**
 * A time of day, `HH:MM`, from `from` up to `to` (not included) by the clock on the wall in an IANA time zone. One whose
 * `to` is not after its `from` goes on past midnight.
 */
export interface TimeWindow {
  /** On which days it begins; left out: on all of them. */
  days?: readonly Weekday[];
  from: string;
  to: string;
  time_zone: string;
}

/** In milliseconds since the epoch; the end is not included. */
interface Span {
  begins: number;
  ends: number;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Beyond any change of an offset, so that looking this far around an instant finds what may move it. */
const MARGIN = DAY;
/** Long enough for a weekly window that a change of the clocks leaves out once. */
const DAYS_AHEAD = 15;

/**
 * The window that `instant` is in, as the time when it ends; null outside of all windows. Windows that overlap or
 * follow each other without a gap are one. One that never ends (all day, every day) has `ends_at` null.
 */
export function windowAround(windows: readonly TimeWindow[], instant: Date): { ends_at: Date | null } | null {
  const time = instant.getTime();
  const around = spansFrom(windows, time).find(({ begins, ends }) => begins <= time && time < ends);
  if (!around) return null;
  const endless = around.ends > time + (DAYS_AHEAD - 2) * DAY;
  return { ends_at: endless ? null : new Date(around.ends) };
}

/** `instant` itself when it is inside of a window, else when the next one begins. */
export function nextWindowStart(windows: readonly TimeWindow[], instant: Date): Date {
  const time = instant.getTime();
  const next = spansFrom(windows, time).find(({ ends }) => time < ends);
  if (!next) throw new Error('None of the windows ever begins');
  return next.begins <= time ? instant : new Date(next.begins);
}

/** What the windows cover from shortly before `time` on, in order, joined where it touches. */
function spansFrom(windows: readonly TimeWindow[], time: number): Span[] {
  const spans = windows.flatMap((window) => spansOf(window, time)).sort((a, b) => a.begins - b.begins);
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last && span.begins <= last.ends) last.ends = Math.max(last.ends, span.ends);
    else joined.push({ ...span });
  }
  return joined;
}

function spansOf({ days = weekdays, from, to, time_zone }: TimeWindow, time: number): Span[] {
  const zone = IANAZone.create(time_zone);
  const today = Math.floor((time + zone.offset(time) * MINUTE) / DAY);
  const [opens, closes] = [millisecondsOf(from), millisecondsOf(to)];
  const length = closes > opens ? closes - opens : closes + DAY - opens;
  const spans: Span[] = [];
  // From the day before yesterday, whose window may reach to now past two midnights when the clocks were put back.
  for (let day = today - 2; day <= today + DAYS_AHEAD; day++) {
    // Day 0 of the epoch was a Thursday.
    if (!days.includes(weekdays[(((day + 3) % 7) + 7) % 7]!)) continue;
    const wall = { begins: day * DAY + opens, ends: day * DAY + opens + length };
    spans.push(...instantsOf(zone, wall));
  }
  return spans;
}

/** When the clock on the wall is within a span: one time, or none or two where the clocks are changed. */
function instantsOf(zone: IANAZone, wall: Span): Span[] {
  return steadySpans(zone, wall.begins - MARGIN, wall.ends + MARGIN)
    .map(({ begins, ends, offset }) => ({
      begins: Math.max(begins, wall.begins - offset),
      ends: Math.min(ends, wall.ends - offset),
    }))
    .filter(({ begins, ends }) => begins < ends);
}

/** Divides a span into those of one offset (milliseconds) each; it must be short enough to have one change at most. */
function steadySpans(zone: IANAZone, begins: number, ends: number): (Span & { offset: number })[] {
  const offsetAt = (time: number) => zone.offset(time) * MINUTE;
  const [before, after] = [offsetAt(begins), offsetAt(ends)];
  if (before === after) return [{ begins, ends, offset: before }];
  let [low, high] = [begins, ends];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return [
    { begins, ends: high, offset: before },
    { begins: high, ends, offset: after },
  ];
}

const millisecondsOf = (time: string) => {
  const [hour, minute] = time.split(':').map(Number);
  return (hour! * 60 + minute!) * MINUTE;
};
