import { errorClassOf, type ErrorClass } from './error-class.ts';
import type { QueuePolicy } from './queue-policies.ts';

export interface RetryPlan {
  error_class: ErrorClass;
  /** How long to wait before the next try, seconds; null: another try is useless. */
  delay_seconds: number | null;
}

/** How many of a queue's shortest pauses the first one is. */
const firstPause: Record<Exclude<ErrorClass, 'user_error'>, number> = {
  network: 1,
  server: 1,
  // What answers too slowly is not helped by being asked again at once.
  timeout: 2,
  rate_limited: 4,
};
/** Longer waits that somebody asks for are not believed. */
const RETRY_AFTER_MAX_SECONDS = 24 * 60 * 60;

/**
 * When to try again after the `failures`th failure in a row. Pauses double from the queue's shortest to its longest,
 * less up to half at random, so that what failed together does not come back together; `retry_after_seconds` of an
 * error is waited for, and up to a tenth longer.
 * @param random 0 ≤ random < 1
 */
export function planRetry(
  error: unknown,
  failures: number,
  { retryDelay, retryDelayMax }: Pick<QueuePolicy, 'retryDelay' | 'retryDelayMax'>,
  random: number = Math.random(),
): RetryPlan {
  const error_class = errorClassOf(error);
  if (error_class === 'user_error') return { error_class, delay_seconds: null };
  const pause = Math.min(retryDelay * firstPause[error_class] * 2 ** (failures - 1), retryDelayMax);
  const askedFor = Math.min(retryAfterOf(error), RETRY_AFTER_MAX_SECONDS);
  return { error_class, delay_seconds: Math.max(pause * (1 - random / 2), askedFor * (1 + random / 10)) };
}

function retryAfterOf(error: unknown): number {
  const seconds = (error as { retry_after_seconds?: unknown } | null | undefined)?.retry_after_seconds;
  return typeof seconds === 'number' && seconds > 0 ? seconds : 0;
}
