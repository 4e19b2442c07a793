import { jobs, type JobDefinition } from '@torale/contracts';

/** How long and how often the jobs of a queue are tried. */
export interface QueuePolicy {
  /** A try that takes longer is given up and counts as failed, seconds. */
  expireInSeconds: number;
  /** Tries after the first. */
  retryLimit: number;
  /** Before the first retry, seconds, less up to half of it at random; doubles with every try. */
  retryDelay: number;
  /** Between tries at most, seconds. */
  retryDelayMax: number;
}

const DAYS = 24 * 60 * 60;

/**
 * Deliberately not configuration: each follows from what its job means. Retries begin within seconds, so what comes
 * back after a restart is served at once; the doubling makes the wait about as long as the outage has lasted.
 */
export const queuePolicies: Record<keyof typeof jobs, QueuePolicy> = {
  // About a minute. A check that cannot be made now is made up for by another one a few minutes later, so trying for
  // longer would only keep its source from that. Expires after the deadlines of its two calls.
  runCheck: { expireInSeconds: 120, retryLimit: 5, retryDelay: 2, retryDelayMax: 30 },
  // About three days. Fails only while notifications or the database is down, so it is tried every minute: an alert
  // must be told soon after they are back.
  notificationsEvent: { expireInSeconds: 60, retryLimit: 4_400, retryDelay: 1, retryDelayMax: 60 },
  // About three days, most of them every quarter of an hour: long enough for a receiver that is down over a weekend,
  // and slow enough not to press one that is struggling.
  deliver: { expireInSeconds: 60, retryLimit: 300, retryDelay: 2, retryDelayMax: 900 },
  // About an hour: then it falls due again by itself, and asks again for the vectors that are still lacking.
  housekeeping: { expireInSeconds: 120, retryLimit: 8, retryDelay: 10, retryDelayMax: 900 },
  reembed: { expireInSeconds: 120, retryLimit: 8, retryDelay: 10, retryDelayMax: 900 },
};

/** @throws Error for a job that is not one of the contracts' */
export function policyOf({ queue }: JobDefinition): QueuePolicy {
  const [name] = Object.entries(jobs).find(([, job]) => job.queue === queue) ?? [];
  if (name === undefined) throw new Error(`There is no queue ${queue}`);
  return queuePolicies[name as keyof typeof jobs];
}

/** Telling the owner of a job that it is given up must itself not be given up while the database is down. */
export const deadLetterPolicy: QueuePolicy = {
  expireInSeconds: 60,
  retryLimit: 10_000,
  retryDelay: 1,
  retryDelayMax: 60,
};

/** How long a job that is waiting, for its turn or for its retry, is kept before it would be dropped. */
export const RETENTION_SECONDS = 14 * DAYS;
/** How long what is left of a job that was given up is kept in its own queue; its dead letter says more. */
export const FAILED_SECONDS = 1 * DAYS;
/** How long a dead letter is kept that nobody replays or drops. */
export const GIVEN_UP_SECONDS = 30 * DAYS;

const DEAD_LETTERS_SUFFIX = '-exhausted';
export const deadLetterQueueOf = (queue: string) => `${queue}${DEAD_LETTERS_SUFFIX}`;
/** The queue whose dead letters a queue holds; undefined for one that holds none. */
export const queueOfDeadLetters = (queue: string): string | undefined =>
  queue.endsWith(DEAD_LETTERS_SUFFIX) ? queue.slice(0, -DEAD_LETTERS_SUFFIX.length) : undefined;
