import { setTimeout as sleep } from 'node:timers/promises';
import type { JobWithMetadata } from 'pg-boss';
import { AdaptiveLimit } from './adaptive-limit.ts';
import type { Concurrency } from './job-engine.ts';
import type { Claim, Held, JobClaims } from './job-claims.ts';
import { jobDuration, jobLimit, jobsEnded, jobsRunning, jobsStarted } from './job-metrics.ts';
import { planRetry } from './plan-retry.ts';
import type { QueuePolicy } from './queue-policies.ts';
import type { Ending, Recorded, Settlements } from './settlements.ts';

/** A claim costs as much for one job as for many: places that come free within this time are filled together. */
const GATHER_MS = 10;

export interface ConsumerOptions {
  queue: string;
  policy: QueuePolicy;
  concurrency: Exclude<Concurrency, number>;
  /** Jobs that are handed to `run` together at most. */
  batch: number;
  /** Begins jobs; one promise for each, in their order. */
  run(jobs: StartedJob[]): Promise<unknown>[];
  /** Jobs that are done stay in the queue instead of being deleted. */
  keepDone: boolean;
}

export interface StartedJob {
  job: JobWithMetadata<object>;
  signal: AbortSignal;
}

interface RunningJob extends StartedJob {
  claim: Claim;
  abort: AbortController;
  /** Why it is not waited for. */
  left?: 'released' | 'lost';
  /** When the claim was last known to hold, by `performance.now()`. */
  renewedAt: number;
  ended: Promise<void>;
}

/**
 * Claims jobs of one queue, as many as there are free places, when it is woken, and settles each as it ends. pg-boss's
 * own workers poll once per place, and one that claims a batch claims no more until the slowest of it is done.
 */
export class QueueConsumer {
  readonly #claims: JobClaims;
  readonly #settlements: Settlements;
  readonly #options: ConsumerOptions;
  readonly #onTrouble: (message: string, error?: unknown) => void;
  readonly #limit: AdaptiveLimit;
  /** Not by id: what has ended here may be claimed again before that is recorded, when the first claim was lost. */
  readonly #running = new Set<RunningJob>();
  readonly #loop: Promise<void>;
  #stopping = false;
  #woken = false;
  /** More jobs may be waiting than there were places for. */
  #mayHaveMore = false;
  #gathering: NodeJS.Timeout | undefined;
  #resume: (() => void) | undefined;

  constructor(
    claims: JobClaims,
    settlements: Settlements,
    options: ConsumerOptions,
    onTrouble: (message: string, error?: unknown) => void,
  ) {
    this.#claims = claims;
    this.#settlements = settlements;
    this.#options = options;
    this.#onTrouble = onTrouble;
    this.#limit = new AdaptiveLimit(options.concurrency);
    this.#loop = this.#claim();
  }

  get queue(): string {
    return this.#options.queue;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Looks at the queue now. */
  wake(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#woken = true;
    this.#resume?.();
  }

  /** Claims no more; resolves when the running jobs have ended, after `graceMs` by being given back. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.wake();
    await this.#loop;
    const ended = Promise.all([...this.#running].map((job) => job.ended));
    const grace = new AbortController();
    await Promise.race([ended, sleep(graceMs, undefined, grace).catch(() => undefined)]);
    grace.abort();
    for (const job of this.#running) this.#leave(job, 'released', 'the process stops');
    await ended;
  }

  /** The claims of this moment; `renewed` is to be called with those of them that still hold. */
  claimsToRenew(): { claims: Claim[]; renewed(held: Held): void } {
    const asked = performance.now();
    const jobs = [...this.#running];
    return {
      claims: jobs.map(({ claim }) => claim),
      renewed: (held) => {
        for (const job of jobs) {
          if (held.has(job.claim.id)) job.renewedAt = asked;
          else this.#leave(job, 'lost', 'another process has taken the job over');
        }
      },
    };
  }

  /** Ends jobs whose claim was not renewed for so long that another process may have them by now. */
  leaveUnrenewed(afterMs: number): void {
    const since = performance.now() - afterMs;
    for (const job of this.#running) {
      if (job.renewedAt < since) this.#leave(job, 'lost', 'the claim on the job could not be renewed');
    }
  }

  async #claim(): Promise<void> {
    const { queue } = this.#options;
    while (!this.#stopping) {
      this.#woken = false;
      const places = this.#limit.value - this.#running.size;
      this.#mayHaveMore = true;
      if (places > 0) {
        try {
          const claimed = await this.#claims.take(queue, places);
          this.#mayHaveMore = claimed.length === places;
          this.#start(claimed);
        } catch (error) {
          this.#onTrouble(`Jobs of ${queue} could not be claimed`, error);
        }
      }
      if (!this.#woken) await new Promise<void>((resolve) => (this.#resume = resolve));
    }
  }

  #start(claimed: JobWithMetadata<object>[]): void {
    const { queue, batch, run } = this.#options;
    jobsStarted.inc({ queue }, claimed.length);
    for (let from = 0; from < claimed.length; from += batch) {
      const started = claimed.slice(from, from + batch).map((job) => {
        const abort = new AbortController();
        return { job, abort, signal: abort.signal };
      });
      const results = run(started);
      started.forEach((job, index) => this.#follow(job, results[index]!));
    }
    if (this.#running.size >= this.#limit.value) this.#limit.reached();
    this.#report();
  }

  #follow(started: StartedJob & { abort: AbortController }, result: Promise<unknown>): void {
    const { id, retryCount } = started.job;
    const running: RunningJob = {
      ...started,
      claim: { queue: this.queue, id, retryCount },
      renewedAt: performance.now(),
      ended: Promise.resolve(),
    };
    this.#running.add(running);
    running.ended = this.#end(running, result).finally(() => {
      this.#running.delete(running);
      this.#report();
      if (this.#mayHaveMore) this.#fill();
    });
  }

  /** Claims when half of the places are free, or a moment after the first. */
  #fill(): void {
    if (this.#running.size <= this.#limit.value / 2) this.wake();
    else this.#gathering ??= setTimeout(() => this.wake(), GATHER_MS);
  }

  async #end(running: RunningJob, result: Promise<unknown>): Promise<void> {
    const { job, claim, abort } = running;
    const { queue } = claim;
    const begun = performance.now();
    const expiry = setTimeout(
      () => abort.abort(new DOMException(`took longer than ${job.expireInSeconds} s`, 'TimeoutError')),
      job.expireInSeconds * 1000,
    );
    const aborted = new Promise<never>((_, reject) => {
      abort.signal.addEventListener('abort', () => reject(abort.signal.reason), { once: true });
    });
    const ending = await Promise.race([result, aborted]).then(
      (): Ending => ({ outcome: this.#options.keepDone ? 'kept' : 'done' }),
      (error: unknown) => (running.left ? ({ outcome: 'released' } as const) : this.#endingOf(job, error)),
    );
    clearTimeout(expiry);
    const durationMs = performance.now() - begun;
    jobDuration.observe({ queue }, durationMs / 1000);
    if (ending.outcome !== 'released') {
      this.#limit.ended(durationMs, 'failure' in ending && ending.failure.error_class !== 'user_error');
    }

    const recorded = running.left === 'lost' ? 'lost' : await this.#settlements.settle(claim, ending);
    jobsEnded.inc({ queue, outcome: outcomeOf(ending, recorded) });
    if (recorded === 'lost') this.#onTrouble(`The claim on a job of ${queue} was lost while it ran`);
    else if (recorded === 'unrecorded') this.#onTrouble(`A job of ${queue} ended and runs again`);
    else if (ending.outcome === 'given_up') {
      this.#onTrouble(`A job of ${queue} was given up`, ending.failure);
    }
  }

  #endingOf(job: JobWithMetadata<object>, error: unknown): Ending {
    const plan = planRetry(error, job.retryCount + 1, this.#options.policy);
    const earlier = job.output as { first_failed_at?: string } | null;
    const failure = {
      message: messageOf(error),
      error_class: plan.error_class,
      stack: error instanceof Error ? error.stack : undefined,
      first_failed_at: earlier?.first_failed_at ?? new Date().toISOString(),
    };
    return plan.delay_seconds === null || job.retryCount >= job.retryLimit
      ? { outcome: 'given_up', failure }
      : { outcome: 'retried', failure, delay_seconds: plan.delay_seconds };
  }

  #leave(job: RunningJob, left: 'released' | 'lost', why: string): void {
    if (job.signal.aborted) return;
    job.left = left;
    job.abort.abort(new Error(why));
  }

  #report(): void {
    const { queue } = this;
    jobsRunning.set({ queue }, this.#running.size);
    jobLimit.set({ queue }, this.#limit.value);
  }
}

function outcomeOf(ending: Ending, recorded: Recorded): string {
  if (recorded !== 'recorded') return recorded;
  return ending.outcome === 'kept' ? 'done' : ending.outcome;
}

function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(error);
}
