import type { ScheduleInput } from '@torale/contracts';
import { invalid, shortestDistance } from './cron.ts';
import { readSentence } from './sentence.ts';

/** A schedule as it is stored: a cron expression, or an interval for what no expression can say. */
export interface ReadSchedule {
  cron: string | null;
  /** The interval; of a cron expression the shortest time between two checks. */
  interval_seconds: number;
}

const MOST_SECONDS = 2_592_000;

/**
 * Reads what a user wrote: a phrase (see readSentence), or a cron expression. Throws `invalid_request` with the path
 * `schedule` when it cannot be read, never comes, or comes more often than every `minimumSeconds`.
 */
export function readSchedule(input: ScheduleInput, minimumSeconds: number, now: Date): ReadSchedule {
  const path = typeof input === 'string' ? 'schedule' : 'schedule.cron';
  const read = typeof input === 'string' ? readSentence(input) : { cron: input.cron };
  const distance = 'cron' in read ? shortestDistance(read.cron, now, path) : read.interval_seconds;
  if (distance < minimumSeconds)
    throw invalid(
      path,
      `asks for a check every ${distance} seconds; at least ${minimumSeconds} must lie between`,
    );
  if ('cron' in read) return { cron: read.cron, interval_seconds: Math.min(distance, MOST_SECONDS) };
  if (distance > MOST_SECONDS) throw invalid(path, 'asks for a check less often than every 30 days');
  return { cron: null, interval_seconds: distance };
}
