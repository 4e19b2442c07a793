import type { JobDefinition, JobPayload, QueueState } from '@torale/contracts';
import type { Transaction } from '@torale/database';

export interface EnqueueOptions {
  /** Not run before; at once when left out. */
  start_after?: Date;
  /** Somebody waits for it: it is claimed before those of its queue that nobody waits for. */
  urgent?: boolean;
}

/** What services that hand over work use. */
export interface JobQueue {
  /** Enqueues one job per payload in the caller's transaction: the jobs exist exactly if the rows do. */
  enqueue<J extends JobDefinition>(
    transaction: Transaction,
    job: J,
    payloads: JobPayload<J>[],
    options?: EnqueueOptions,
  ): Promise<void>;
}
export const JOB_QUEUE = Symbol.for('torale.JobQueue');

export interface JobContext {
  /** Aborted when the job's time is up, the process stops or another process has taken the job over. */
  readonly signal: AbortSignal;
  /** 1 for the first try. */
  readonly attempt: number;
}

export interface GivenUpContext {
  /** Of the last try. */
  readonly error: Error;
  /** How often the job was tried. */
  readonly attempts: number;
  readonly signal: AbortSignal;
}

/**
 * How many jobs of a queue run at the same time in this process: grows from `start`, which is `min` when left out, up to
 * `max` while they end as fast as before, shrinks down to `min` when they fail or slow down. A number is all three.
 */
export type Concurrency = number | { min: number; max: number; start?: number };

interface CommonWorkOptions<Payload> {
  concurrency: Concurrency;
  /**
   * Called when a job is given up: its tries are used up, or its error says that trying again is useless. Is itself
   * tried until it resolves. The job stays among the dead letters either way.
   */
  givenUp?(payload: Payload, context: GivenUpContext): Promise<unknown>;
}

export interface WorkOptions<Payload> extends CommonWorkOptions<Payload> {
  /** Resolves: done. Rejects: tried again after a pause that fits the error, or given up. */
  handle(payload: Payload, context: JobContext): Promise<unknown>;
}

export interface BatchWorkOptions<Payload> extends CommonWorkOptions<Payload> {
  /** Jobs handed over in one call at most. */
  batch: number;
  /** One promise per job, in their order, each of which ends its job as `handle` would: none waits for another. */
  handleBatch(
    payloads: Payload[],
    contexts: JobContext[],
  ): readonly Promise<unknown>[] | Promise<readonly Promise<unknown>[]>;
}

/** What the worker uses. Jobs run at least once; a job of a process that died is taken over by another. */
export interface JobEngine extends JobQueue {
  work<J extends JobDefinition>(
    job: J,
    options: WorkOptions<JobPayload<J>> | BatchWorkOptions<JobPayload<J>>,
  ): Promise<void>;
  /** Has this process look for jobs of a queue at once: for who knows that some were just committed. */
  wake(job: JobDefinition): void;
  /**
   * How many jobs that this process works on are at work here or fall due within `dueWithinMs`; those that others
   * have claimed are not counted.
   */
  backlog(dueWithinMs: number): Promise<number>;
  /** What waits, runs and was given up, in each queue. */
  queues(): Promise<QueueState[]>;
  /** Stops claiming, lets running jobs finish for up to `graceMs`, then gives the rest back, to be run at once. */
  stop(graceMs: number): Promise<void>;
}
export const JOB_ENGINE = Symbol.for('torale.JobEngine');
