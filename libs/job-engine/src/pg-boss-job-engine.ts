import { setTimeout as sleep } from 'node:timers/promises';
import type { PGlite } from '@electric-sql/pglite';
import { Logger } from '@nestjs/common';
import { jobs, type JobDefinition, type JobPayload } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { PgBoss, type ConstructorOptions } from 'pg-boss';
import type { BatchWorkOptions, EnqueueOptions, JobEngine, WorkOptions } from './job-engine.ts';
import { pgliteConnection, transactionConnection } from './pg-boss-connection.ts';
import { QueueConsumer, type JobAttempt } from './queue-consumer.ts';
import {
  deadLetterPolicy,
  deadLetterQueueOf,
  DONE_SECONDS,
  GIVEN_UP_SECONDS,
  queuePolicies,
  RETENTION_SECONDS,
  type QueuePolicy,
} from './queue-policies.ts';

/**
 * `pglite`: the instance of this process, shared. `url`: a Postgres that other processes work on too; the engine has
 * a small pool of its own there.
 */
export type JobEngineConnection = { pglite: PGlite } | { url: string };

const SCHEMA = 'pgboss';
/** How long a job that is due may go unnoticed. */
const POLL_MS = 400;
/** A claim that was not renewed for this time is void: its process has died. pg-boss takes no less. */
const HEARTBEAT_SECONDS = 10;
const HEARTBEAT_MS = 3_000;
/** How often void claims are looked for. */
const SUPERVISE_SECONDS = 1;
/** How often jobs that are past keeping are deleted. */
const MAINTENANCE_SECONDS = 10 * 60;
const POOL_SIZE = 4;

/** Durable jobs on pg-boss, in a schema of its own beside Torale's tables. */
export class PgBossJobEngine implements JobEngine {
  readonly #logger = new Logger('JobEngine');
  readonly #boss: PgBoss;
  /** On PGlite no other process can exist, so claims need no renewal there. */
  readonly #pglite: boolean;
  readonly #consumers: QueueConsumer[] = [];
  readonly #stopping = new AbortController();
  #polling: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(connection: JobEngineConnection, role: 'worker' | 'sender') {
    this.#pglite = 'pglite' in connection;
    const common: ConstructorOptions = {
      schema: SCHEMA,
      schedule: false,
      supervise: role === 'worker',
      maintenanceIntervalSeconds: MAINTENANCE_SECONDS,
    };
    this.#boss = new PgBoss(
      'pglite' in connection
        ? { ...common, db: pgliteConnection(connection.pglite), backend: 'pglite' }
        : {
            ...common,
            connectionString: connection.url,
            application_name: 'torale-jobs',
            max: role === 'worker' ? POOL_SIZE : 1,
            connectionTimeoutMillis: 3_000,
            superviseIntervalSeconds: SUPERVISE_SECONDS,
            monitorIntervalSeconds: SUPERVISE_SECONDS,
          },
    );
    this.#boss.on('error', (error) => this.#report('The job engine has trouble', error));
    this.#boss.on('warning', (warning) => this.#logger.warn(warning.message));
  }

  /**
   * Works and enqueues; creates in the database what is missing. Several processes may start at once, each takes
   * over the jobs of one that died.
   */
  static async start(connection: JobEngineConnection): Promise<PgBossJobEngine> {
    // The queues are made by an instance that does not supervise: supervision locks the same tables in another order,
    // and Postgres would end one of the two as a deadlock.
    await (await PgBossJobEngine.startSender(connection)).stop(0);
    const engine = new PgBossJobEngine(connection, 'worker');
    await engine.#prepare();
    if (engine.#pglite) await engine.#takeOverOrphans();
    engine.#polling = engine.#poll();
    return engine;
  }

  /** For processes that only enqueue: looks after nothing and holds one connection. */
  static async startSender(connection: JobEngineConnection): Promise<PgBossJobEngine> {
    const engine = new PgBossJobEngine(connection, 'sender');
    await engine.#prepare();
    return engine;
  }

  async enqueue<J extends JobDefinition>(
    transaction: Transaction,
    job: J,
    payloads: JobPayload<J>[],
    { start_after }: EnqueueOptions = {},
  ): Promise<void> {
    if (payloads.length === 0) return;
    const rows = payloads.map((payload) => ({
      data: job.payload.parse(payload) as object,
      ...(start_after && { startAfter: start_after.toISOString() }),
    }));
    await this.#boss.insert(job.queue, rows, { db: transactionConnection(transaction) });
  }

  async work<J extends JobDefinition>(
    job: J,
    options: WorkOptions<JobPayload<J>> | BatchWorkOptions<JobPayload<J>>,
  ): Promise<void> {
    if (!('handle' in options)) throw new Error('Batches are not there yet');
    const { concurrency } = options;
    const parse = (data: unknown) => job.payload.parse(data) as JobPayload<J>;
    const common = {
      heartbeatMs: this.#pglite ? undefined : HEARTBEAT_MS,
      onError: (message: string, error?: unknown) => this.#report(message, error),
    };
    this.#consumers.push(
      new QueueConsumer(this.#boss, {
        ...common,
        queue: job.queue,
        concurrency: typeof concurrency === 'number' ? concurrency : concurrency.max,
        handle: async ({ data, retryCount }, signal) => {
          await options.handle(parse(data), { signal, attempt: retryCount + 1 });
        },
      }),
      // pg-boss moves a job here in the statement that records its last failure.
      new QueueConsumer(this.#boss, {
        ...common,
        queue: deadLetterQueueOf(job.queue),
        concurrency: 1,
        handle: async ({ data, sourceOutput, sourceRetryCount }, signal) => {
          const payload = job.payload.safeParse(data);
          if (payload.success) {
            await options.givenUp?.(payload.data as JobPayload<J>, {
              error: errorOf(sourceOutput),
              attempts: (sourceRetryCount ?? 0) + 1,
              signal,
            });
          } else {
            this.#report(`A job of ${job.queue} was given up whose payload nobody can read`, payload.error);
          }
        },
      }),
    );
  }

  async backlog(dueWithinMs: number): Promise<number> {
    const queues = this.#consumers.map(({ queue }) => queue);
    const { rows } = await this.#boss.getDb().executeSql(
      `select count(*)::int as count from ${SCHEMA}.job
       where name = any($1) and state < 'active' and start_after <= now() + $2 * interval '1 ms'`,
      [queues, dueWithinMs],
    );
    return (rows as { count: number }[])[0]!.count;
  }

  stop(graceMs: number): Promise<void> {
    this.#stopped ??= (async () => {
      this.#stopping.abort();
      await this.#polling;
      await Promise.all(this.#consumers.map((consumer) => consumer.stop(graceMs)));
      await this.#boss.stop({ graceful: false });
    })();
    return this.#stopped;
  }

  async #prepare(): Promise<void> {
    try {
      await this.#boss.start();
      for (const [name, policy] of Object.entries(queuePolicies)) {
        const { queue } = jobs[name as keyof typeof jobs];
        const deadLetter = deadLetterQueueOf(queue);
        await this.#createQueue(deadLetter, deadLetterPolicy, { deleteAfterSeconds: GIVEN_UP_SECONDS });
        await this.#createQueue(queue, policy, { deleteAfterSeconds: DONE_SECONDS, deadLetter }, true);
        // Puts the queue into pg-boss's memory: it would look it up within the first enqueue, outside of that one's
        // transaction, and on PGlite's single connection wait for ever.
        await this.#boss.insert(queue, []);
      }
    } catch (error) {
      await this.#boss.stop({ graceful: false });
      throw error;
    }
  }

  async #createQueue(
    queue: string,
    policy: QueuePolicy,
    rest: { deleteAfterSeconds: number; deadLetter?: string },
    partition = false,
  ): Promise<void> {
    const options = {
      ...policy,
      ...rest,
      retryBackoff: true,
      retentionSeconds: RETENTION_SECONDS,
      ...(this.#pglite ? {} : { heartbeatSeconds: HEARTBEAT_SECONDS }),
    };
    // A queue that an older version created gets the policy of this one.
    if (await this.#boss.getQueue(queue)) await this.#boss.updateQueue(queue, options);
    else await this.#boss.createQueue(queue, { ...options, partition });
  }

  /** What was running when the last process on this PGlite ended: tried again, or given up, like any failure. */
  async #takeOverOrphans(): Promise<void> {
    const { rows } = await this.#boss
      .getDb()
      .executeSql(`select name, id, retry_count as "retryCount" from ${SCHEMA}.job where state = 'active'`);
    for (const { name, ...attempt } of rows as ({ name: string } & JobAttempt)[]) {
      await this.#boss.fail(name, attempt, { message: 'the process ended while the job ran' });
    }
  }

  /**
   * Wakes the consumers that have something to do. One cheap look at all queues, where pg-boss's claim, which is an
   * update, would be run for each of them.
   */
  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
      if (this.#consumers.length === 0 || signal.aborted) continue;
      try {
        const queues = this.#consumers.map(({ queue }) => queue);
        const { rows } = await this.#boss.getDb().executeSql(
          `select queue from unnest($1::text[]) queue where exists (
             select from ${SCHEMA}.job where name = queue and state < 'active' and start_after <= now())`,
          [queues],
        );
        for (const { queue } of rows as { queue: string }[]) {
          this.#consumers.find((consumer) => consumer.queue === queue)?.wake();
        }
      } catch (error) {
        this.#report('The queues could not be looked at', error);
      }
    }
  }

  #report(message: string, error?: unknown): void {
    // Its message only: an error of pg carries the whole connection.
    const detail = (error as Error | undefined)?.message;
    this.#logger.error(detail === undefined ? message : `${message}: ${detail}`);
  }
}

/** pg-boss keeps an error as JSON: ours as `{message}`, its own as `{value: {message}}`. */
function errorOf(output: object | null): Error {
  const { message, value } = (output ?? {}) as { message?: string; value?: { message?: string } };
  return new Error(message ?? value?.message ?? JSON.stringify(output));
}
