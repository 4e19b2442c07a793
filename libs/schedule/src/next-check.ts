import { nextCronTime, type CronSchedule } from './cron.ts';
import { nextWindowStart, windowAround, type TimeWindow } from './windows.ts';

/** When a source is checked. */
export type CheckSchedule = ({ interval_seconds: number } | CronSchedule) & {
  /** Checks are made within these only; none: at any time. */
  windows?: readonly TimeWindow[];
  /** Each check is made up to this much later than planned. Less than the shortest time between two checks. */
  jitter_seconds?: number;
};

export interface NextCheck {
  /** What the next but one is counted from, so that jitter does not add up. */
  planned_at: Date;
  check_at: Date;
}

/**
 * The next check after `now`. An interval is counted from `last`, the time that the last check was planned for: however
 * long nobody checked, sources keep their distance to each other. `random` is uniform in [0, 1).
 */
export function nextCheck(schedule: CheckSchedule, last: Date, now: Date, random: () => number): NextCheck {
  const { windows = [], jitter_seconds = 0 } = schedule;
  const wanted = 'cron' in schedule ? nextCronTime(schedule, now) : nextByInterval(schedule, last, now);
  if (!wanted) throw new Error('The cron expression never comes');
  const planned = windows.length > 0 ? nextWindowStart(windows, wanted) : wanted;
  const ends = windowAround(windows, planned)?.ends_at;
  const room = Math.min(jitter_seconds * 1000, ends ? ends.getTime() - planned.getTime() : Infinity);
  return { planned_at: planned, check_at: new Date(planned.getTime() + Math.floor(random() * room)) };
}

function nextByInterval({ interval_seconds }: { interval_seconds: number }, last: Date, now: Date): Date {
  const interval = interval_seconds * 1000;
  const passed = Math.floor((now.getTime() - last.getTime()) / interval);
  return new Date(last.getTime() + Math.max(1, passed + 1) * interval);
}
