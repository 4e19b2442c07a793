import { setTimeout as sleep } from 'node:timers/promises';
import type { JobWithMetadata, PgBoss } from 'pg-boss';

export interface ConsumerOptions {
  queue: string;
  concurrency: number;
  /** How often the claims on running jobs are renewed, milliseconds; never when left out. */
  heartbeatMs?: number | undefined;
  handle(job: JobWithMetadata, signal: AbortSignal): Promise<void>;
  /** Trouble of the engine itself: the database is away, a claim was lost. */
  onError(message: string, error?: unknown): void;
}

/** One claim on a job: what settles it settles this claim only. */
export interface JobAttempt {
  id: string;
  retryCount: number;
}

interface RunningJob {
  attempt: JobAttempt;
  abort: AbortController;
  settled: Promise<void>;
}

/**
 * Claims jobs of one queue when it is woken and while there are free places, and settles each as it ends. pg-boss's
 * own workers poll once per place, and one that claims a batch claims no more until the slowest of it is done.
 */
export class QueueConsumer {
  readonly #boss: PgBoss;
  readonly #options: ConsumerOptions;
  readonly #running = new Map<string, RunningJob>();
  readonly #loop: Promise<void>;
  readonly #heartbeat: NodeJS.Timeout | undefined;
  #stopping = false;
  #woken = false;
  #resume: (() => void) | undefined;

  constructor(boss: PgBoss, options: ConsumerOptions) {
    this.#boss = boss;
    this.#options = options;
    this.#loop = this.#claim();
    if (options.heartbeatMs)
      this.#heartbeat = setInterval(() => void this.#renewClaims(), options.heartbeatMs);
  }

  get queue(): string {
    return this.#options.queue;
  }

  /** Looks at the queue now. */
  wake(): void {
    this.#woken = true;
    this.#resume?.();
  }

  /** Claims no more; resolves when the running jobs have ended, after `graceMs` by being released. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.wake();
    await this.#loop;
    const jobs = [...this.#running.values()];
    const ended = Promise.all(jobs.map((job) => job.settled));
    const grace = new AbortController();
    await Promise.race([ended, sleep(graceMs, undefined, grace).catch(() => undefined)]);
    grace.abort();
    for (const job of jobs) job.abort.abort(new Error('the process stopped'));
    await ended;
    clearInterval(this.#heartbeat);
  }

  async #claim(): Promise<void> {
    const { queue, concurrency } = this.#options;
    while (!this.#stopping) {
      this.#woken = false;
      const places = concurrency - this.#running.size;
      if (places > 0) {
        try {
          const claimed = await this.#boss.fetch<object>(queue, { batchSize: places, includeMetadata: true });
          for (const job of claimed) this.#start(job);
        } catch (error) {
          this.#options.onError(`Jobs of ${queue} could not be claimed`, error);
        }
      }
      if (!this.#woken) await new Promise<void>((resolve) => (this.#resume = resolve));
    }
  }

  #start(job: JobWithMetadata): void {
    const attempt = { id: job.id, retryCount: job.retryCount };
    const abort = new AbortController();
    const settled = this.#run(job, attempt, abort).finally(() => {
      const wasFull = this.#running.size >= this.#options.concurrency;
      this.#running.delete(job.id);
      // More may be waiting than there were places.
      if (wasFull) this.wake();
    });
    this.#running.set(job.id, { attempt, abort, settled });
  }

  async #run(job: JobWithMetadata, attempt: JobAttempt, abort: AbortController): Promise<void> {
    const { queue, handle, onError } = this.#options;
    const expiry = setTimeout(
      () => abort.abort(new Error(`took longer than ${job.expireInSeconds} s`)),
      job.expireInSeconds * 1000,
    );
    const aborted = new Promise<never>((_, reject) => {
      abort.signal.addEventListener('abort', () => reject(abort.signal.reason), { once: true });
    });
    try {
      const failure = await Promise.race([handle(job, abort.signal), aborted]).then(
        () => undefined,
        (error: unknown) => ({
          message: messageOf(error),
          stack: error instanceof Error ? error.stack : undefined,
        }),
      );
      // Both settle the attempt that was claimed, not one that another process has claimed since.
      const { affected } = (await (failure
        ? this.#boss.fail(queue, attempt, failure)
        : this.#boss.complete(queue, attempt))) as CommandResult;
      if (!affected) onError(`The claim on a job of ${queue} was lost while it ran: it runs again`);
    } catch (error) {
      onError(`The end of a job of ${queue} could not be recorded: it runs again`, error);
    } finally {
      clearTimeout(expiry);
    }
  }

  async #renewClaims(): Promise<void> {
    const jobs = [...this.#running.values()];
    if (jobs.length === 0) return;
    try {
      const attempts = jobs.map((job) => job.attempt);
      const { settled } = (await this.#boss.touch(this.#options.queue, attempts)) as CommandResult;
      for (const { attempt, abort } of jobs) {
        if (!settled?.includes(attempt.id)) abort.abort(new Error('another process has taken the job over'));
      }
    } catch (error) {
      this.#options.onError(`Claims on jobs of ${this.#options.queue} could not be renewed`, error);
    }
  }
}

/** What pg-boss answers to commands; its published type leaves it empty. */
interface CommandResult {
  /** Jobs that the command changed. */
  affected: number;
  /** Their ids; null when there is none. */
  settled: string[] | null;
}

function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(error);
}
