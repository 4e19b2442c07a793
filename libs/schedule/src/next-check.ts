import { nextCronTime, type CronSchedule } from './cron.ts';
import { nextWindowStart, windowAround, type TimeWindow } from './windows.ts';

/** When a source is checked. */
export type CheckSchedule = ({ interval_seconds: number } | CronSchedule) & {
  /** Checks are made within these only; none: at any time. */
  windows: readonly TimeWindow[];
  /** Each check is made up to this much later than planned. Less than the shortest time between two checks. */
  jitter_seconds: number;
};

export interface NextCheck {
  /** What the next but one is counted from, so that jitter does not add up. */
  planned_at: Date;
  check_at: Date;
}

/**
 * The next check after `now`. An interval is counted from `last`, for when the last check was planned: however long
 * nobody checked, sources keep their distance to each other. `random` is uniform in [0, 1).
 */
export function nextCheck(schedule: CheckSchedule, last: Date, now: Date, random: () => number): NextCheck {
  const wanted = 'cron' in schedule ? nextCronTime(schedule, now) : nextByInterval(schedule, last, now);
  if (!wanted) throw new Error(`No time ever comes of ${JSON.stringify(schedule)}`);
  return spread(schedule, wanted, random);
}

/** A check that is due at `time`, as soon as a window is open: then at once, else spread over the beginning of the next. */
export function dueCheck(schedule: CheckSchedule, time: Date, random: () => number): NextCheck {
  const { windows } = schedule;
  const isOpen = windows.length === 0 || windowAround(windows, time) !== null;
  return isOpen ? { planned_at: time, check_at: time } : spread(schedule, time, random);
}

/** Moves into a window what is outside of all, and then by jitter, which does not leave that window again. */
function spread({ windows, jitter_seconds }: CheckSchedule, wanted: Date, random: () => number): NextCheck {
  const planned = windows.length > 0 ? nextWindowStart(windows, wanted) : wanted;
  let room = jitter_seconds * 1000;
  if (room > 0) {
    const ends = windowAround(windows, planned)?.ends_at;
    if (ends) room = Math.min(room, ends.getTime() - planned.getTime());
  }
  return { planned_at: planned, check_at: new Date(planned.getTime() + Math.floor(random() * room)) };
}

function nextByInterval({ interval_seconds }: { interval_seconds: number }, last: Date, now: Date): Date {
  const interval = interval_seconds * 1000;
  const passed = Math.max(0, Math.floor((now.getTime() - last.getTime()) / interval));
  return new Date(last.getTime() + (passed + 1) * interval);
}
