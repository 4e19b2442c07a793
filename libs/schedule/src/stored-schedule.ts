import type { CheckWindow } from '@torale/contracts';
import type { CheckSchedule } from './next-check.ts';

/** The columns of a query that say when its sources are checked. */
export interface StoredSchedule {
  check_interval_seconds: number;
  /** Null: by the interval. */
  schedule_cron: string | null;
  time_zone: string;
  check_windows: readonly CheckWindow[];
  check_jitter_seconds: number;
}

export function scheduleOf(stored: StoredSchedule): CheckSchedule {
  const { schedule_cron: cron, check_interval_seconds: interval_seconds, time_zone } = stored;
  return {
    ...(cron === null ? { interval_seconds } : { cron, time_zone }),
    windows: stored.check_windows.map((window) => ({ ...window, time_zone })),
    jitter_seconds: stored.check_jitter_seconds,
  };
}
