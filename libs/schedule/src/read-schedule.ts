import type { ScheduleInput } from '@torale/contracts';
import { invalid, shortestDistance } from './cron.ts';
import { readSentence } from './sentence.ts';
import type { StoredSchedule } from './stored-schedule.ts';

const LONGEST_SECONDS = 2_592_000;

/**
 * Reads what a user wrote: a phrase (see readSentence), or a cron expression. What no expression says becomes an interval;
 * with an expression, the interval is the shortest time between two checks. Throws `invalid_request` with the path
 * `schedule` or `schedule.cron` when it cannot be read, never comes, or comes more often than every `minimumSeconds`.
 */
export function readSchedule(
  input: ScheduleInput,
  minimumSeconds: number,
  now: Date,
): Pick<StoredSchedule, 'schedule_cron' | 'check_interval_seconds'> {
  const path = typeof input === 'string' ? 'schedule' : 'schedule.cron';
  const read = typeof input === 'string' ? readSentence(input) : input;
  const distance = 'cron' in read ? shortestDistance(read.cron, now, path) : read.interval_seconds;
  if (distance < minimumSeconds) {
    throw invalid(
      path,
      `asks for checks ${distance} seconds apart; at least ${minimumSeconds} must lie between them`,
    );
  }
  if (!('cron' in read) && distance > LONGEST_SECONDS)
    throw invalid(path, 'asks for a check less often than every 30 days');
  return {
    schedule_cron: 'cron' in read ? read.cron.split(/\s+/).join(' ') : null,
    check_interval_seconds: Math.min(distance, LONGEST_SECONDS),
  };
}
