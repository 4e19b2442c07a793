import type { JobDefinition, JobPayload } from '@torale/contracts';
import type { Transaction } from '@torale/database';

/** What services that hand over work use. */
export interface JobQueue {
  /** Enqueues one job per payload in the caller's transaction: the jobs exist exactly if the rows do. */
  enqueue<J extends JobDefinition>(
    transaction: Transaction,
    job: J,
    payloads: JobPayload<J>[],
  ): Promise<void>;
}
export const JOB_QUEUE = Symbol.for('torale.JobQueue');

export interface JobContext {
  /** Aborted when the job's time is up or the process stops. */
  readonly signal: AbortSignal;
  /** 1 for the first try. */
  readonly attempt: number;
}

export interface WorkOptions<Payload> {
  /** Jobs of this queue run at the same time in this process. */
  concurrency: number;
  /** Resolves: done. Rejects: tried again with backoff, until the queue's retry limit. */
  handle(payload: Payload, context: JobContext): Promise<void>;
  /** Called once, when the last retry failed; the job then stays in the dead-letter queue. */
  onExhausted(payload: Payload, error: unknown): Promise<void>;
}

/** What the worker uses. Jobs run at least once; a job of a process that died is taken over by another. */
export interface JobEngine extends JobQueue {
  work<J extends JobDefinition>(job: J, options: WorkOptions<JobPayload<J>>): Promise<void>;
  /** Stops claiming, lets running jobs finish for up to `graceMs`, then releases the rest. */
  stop(graceMs: number): Promise<void>;
}
export const JOB_ENGINE = Symbol.for('torale.JobEngine');
