import { AppError, type UpdateUserQuery, type UserQuery } from '@torale/contracts';
import { readSchedule, type StoredSchedule } from '@torale/schedule';

/** What a user may say about when to check. */
export type AskedTiming = Pick<
  UpdateUserQuery,
  'check_interval_seconds' | 'schedule' | 'time_zone' | 'check_windows' | 'check_jitter_seconds'
>;

const defaultTiming: StoredSchedule = {
  check_interval_seconds: 3600,
  schedule_cron: null,
  time_zone: 'UTC',
  check_windows: [],
  check_jitter_seconds: 0,
};

export const timingOf = (query: UserQuery): StoredSchedule => {
  const { check_interval_seconds, schedule, time_zone, check_windows, check_jitter_seconds } = query;
  return {
    check_interval_seconds,
    schedule_cron: schedule?.cron ?? null,
    time_zone,
    check_windows,
    check_jitter_seconds,
  };
};

/**
 * What is asked for, over what stands. A schedule takes the place of an interval and the other way round. Throws
 * `invalid_request` for what cannot be read, contradicts itself or is more often than `minimumSeconds` apart.
 */
export function changedTiming(
  asked: AskedTiming,
  minimumSeconds: number,
  before: StoredSchedule = defaultTiming,
): StoredSchedule {
  const { check_interval_seconds, schedule, check_windows, check_jitter_seconds } = asked;
  const ofSchedule = typeof schedule === 'object' ? schedule?.time_zone : undefined;
  if (ofSchedule && asked.time_zone && ofSchedule !== asked.time_zone)
    throw invalid('schedule.time_zone', 'must be the same as time_zone');
  if (schedule && check_interval_seconds !== undefined)
    throw invalid('check_interval_seconds', 'cannot be given together with a schedule');
  if (check_interval_seconds !== undefined && check_interval_seconds < minimumSeconds)
    throw invalid('check_interval_seconds', `must be at least ${minimumSeconds} seconds`);

  const timing: StoredSchedule = {
    ...before,
    time_zone: asked.time_zone ?? ofSchedule ?? before.time_zone,
    ...(check_windows && { check_windows }),
    ...(check_jitter_seconds !== undefined && { check_jitter_seconds }),
    ...((schedule === null || check_interval_seconds !== undefined) && { schedule_cron: null }),
    ...(check_interval_seconds !== undefined && { check_interval_seconds }),
    ...(schedule && readSchedule(schedule, minimumSeconds, new Date())),
  };
  if (timing.check_jitter_seconds >= timing.check_interval_seconds)
    throw invalid(
      'check_jitter_seconds',
      `must be less than the ${timing.check_interval_seconds} seconds between two checks`,
    );
  return timing;
}

const invalid = (path: string, message: string) =>
  new AppError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] });
