import { setTimeout as sleep } from 'node:timers/promises';
import type { PGlite } from '@electric-sql/pglite';
import { Logger } from '@nestjs/common';
import { AppError, type JobDefinition, type JobPayload, type QueueState } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { PgBoss, type ConstructorOptions } from 'pg-boss';
import type { DeadLetters } from './dead-letters.ts';
import { JobClaims, type FailureRecord } from './job-claims.ts';
import type { BatchWorkOptions, EnqueueOptions, JobEngine, WorkOptions } from './job-engine.ts';
import { reportDepth, type QueueDepth } from './job-metrics.ts';
import {
  pgliteConnection,
  pgliteTransaction,
  pooledTransaction,
  transactionConnection,
} from './pg-boss-connection.ts';
import { PgBossDeadLetters } from './pg-boss-dead-letters.ts';
import { prepareQueues } from './pg-boss-queues.ts';
import { QueueConsumer, type ConsumerOptions, type StartedJob } from './queue-consumer.ts';
import { deadLetterPolicy, deadLetterQueueOf, policyOf } from './queue-policies.ts';
import { queueStates } from './queue-states.ts';
import { Settlements } from './settlements.ts';

/**
 * `pglite`: the instance of this process, shared. `url`: a Postgres that other processes work on too; the engine has
 * a small pool of its own there.
 */
export type JobEngineConnection = { pglite: PGlite } | { url: string };

const SCHEMA = 'pgboss';
/** How long a job that is due may go unnoticed. */
const POLL_MS = 400;
/** A claim that was not renewed for this time is void: its process has died. */
const LEASE_SECONDS = 10;
const RENEW_MS = 3_000;
/** Whoever cannot renew its claims leaves its jobs before others may take them. */
const LEAVE_AFTER_MS = (LEASE_SECONDS - 1) * 1000;
const LEAVE_CHECK_MS = 500;
/** How often void claims are looked for. */
const TAKE_OVER_MS = 1_000;
/** How often pg-boss looks whether there is something to clean up. */
const SUPERVISE_MS = 60_000;
/** How often jobs that are past keeping are deleted. */
const MAINTENANCE_SECONDS = 10 * 60;
const POOL_SIZE = 4;
/** What pg-boss hands on to its pool, and has no type for. */
const poolOptions = {
  /** On a connection that is silently gone a statement would hang until the system gives it up, a quarter of an hour. */
  query_timeout: 20_000,
  keepAlive: true,
};

/** Durable jobs on pg-boss, in a schema of its own beside Torale's tables. */
export class PgBossJobEngine implements JobEngine {
  readonly deadLetters: DeadLetters;
  readonly #logger = new Logger('JobEngine');
  readonly #boss: PgBoss;
  readonly #claims: JobClaims;
  readonly #settlements: Settlements;
  readonly #consumers: QueueConsumer[] = [];
  readonly #stopping = new AbortController();
  #loops: Promise<void>[] = [];
  #stopped: Promise<void> | undefined;

  private constructor(connection: JobEngineConnection, poolSize: number) {
    const common: ConstructorOptions = {
      schema: SCHEMA,
      schedule: false,
      // The engine calls it when all queues are there: creating one locks the same tables in another order, and
      // Postgres would end one of the two as a deadlock.
      supervise: false,
      maintenanceIntervalSeconds: MAINTENANCE_SECONDS,
    };
    this.#boss = new PgBoss(
      'pglite' in connection
        ? { ...common, db: pgliteConnection(connection.pglite), backend: 'pglite' }
        : {
            ...common,
            ...poolOptions,
            connectionString: connection.url,
            application_name: 'torale-jobs',
            max: poolSize,
            connectionTimeoutMillis: 3_000,
          },
    );
    this.#boss.on('error', (error) => this.#report('The job engine has trouble', error));
    this.#boss.on('warning', (warning) => this.#logger.warn(warning.message));
    this.#claims = new JobClaims(this.#boss, SCHEMA);
    this.#settlements = new Settlements(this.#claims, (message, error) => this.#report(message, error));
    this.deadLetters = new PgBossDeadLetters(
      this.#boss,
      SCHEMA,
      'pglite' in connection ? pgliteTransaction(connection.pglite) : pooledTransaction(this.#boss.getDb()),
    );
  }

  /**
   * Works and enqueues; creates in the database what is missing. Several processes may start at once, each takes
   * over the jobs of one that died.
   */
  static async start(connection: JobEngineConnection): Promise<PgBossJobEngine> {
    const engine = new PgBossJobEngine(connection, POOL_SIZE);
    await engine.#prepare();
    const onPglite = 'pglite' in connection;
    // On PGlite no other process can exist: what is claimed at the start was claimed by one that is gone, and from
    // then on claims need no renewal.
    if (onPglite) await engine.#takeOver(0);
    engine.#loops = [
      engine.#every(POLL_MS, 'The queues could not be looked at', () => engine.#poll()),
      engine.#every(SUPERVISE_MS, 'Old jobs could not be cleaned up', () => engine.#boss.supervise()),
      ...(onPglite
        ? []
        : [
            engine.#every(RENEW_MS, 'Claims on jobs could not be renewed', () => engine.#renewClaims()),
            engine.#every(LEAVE_CHECK_MS, 'Jobs could not be left', async () => engine.#leaveUnrenewed()),
            engine.#every(TAKE_OVER_MS, 'Jobs of dead processes could not be taken over', () =>
              engine.#takeOver(LEASE_SECONDS),
            ),
          ]),
    ];
    const stopReporting = reportDepth(() =>
      engine.#depth().catch((error: unknown) => {
        engine.#report('Nobody knows how many jobs wait', error);
        return [];
      }),
    );
    engine.#stopping.signal.addEventListener('abort', stopReporting);
    return engine;
  }

  /** For processes that only enqueue: looks after nothing and holds one connection. */
  static async startSender(connection: JobEngineConnection): Promise<PgBossJobEngine> {
    const engine = new PgBossJobEngine(connection, 1);
    await engine.#prepare();
    return engine;
  }

  async enqueue<J extends JobDefinition>(
    transaction: Transaction,
    job: J,
    payloads: JobPayload<J>[],
    { start_after, urgent = false }: EnqueueOptions = {},
  ): Promise<void> {
    if (payloads.length === 0) return;
    const rows = payloads.map((payload) => ({
      data: job.payload.parse(payload) as object,
      priority: Number(urgent),
      ...(start_after && { startAfter: start_after.toISOString() }),
    }));
    await this.#boss.insert(job.queue, rows, { db: transactionConnection(transaction) });
  }

  async work<J extends JobDefinition>(
    job: J,
    options: WorkOptions<JobPayload<J>> | BatchWorkOptions<JobPayload<J>>,
  ): Promise<void> {
    const { concurrency, givenUp } = options;
    this.#consume({
      queue: job.queue,
      policy: policyOf(job),
      concurrency: typeof concurrency === 'number' ? { min: concurrency, max: concurrency } : concurrency,
      batch: 'batch' in options ? options.batch : 1,
      run: 'batch' in options ? runBatch(job, options) : runEach(job, options),
      keepDone: false,
    });
    // pg-boss moves a job here in the statement that records its last failure.
    this.#consume({
      queue: deadLetterQueueOf(job.queue),
      policy: deadLetterPolicy,
      concurrency: { min: 1, max: 1 },
      batch: 1,
      run: ([given]) => [this.#followUp(job, given!, givenUp)],
      keepDone: true,
    });
  }

  wake({ queue }: JobDefinition): void {
    this.#consumers.find((consumer) => consumer.queue === queue)?.wake();
  }

  async backlog(dueWithinMs: number): Promise<number> {
    const { rows } = await this.#boss.getDb().executeSql(
      `select count(*)::int as count from ${SCHEMA}.job
       where name = any($1) and state < 'active' and not blocked and start_after <= now() + $2 * interval '1 ms'`,
      [this.#queues(), dueWithinMs],
    );
    const waiting = (rows as { count: number }[])[0]!.count;
    return this.#consumers.reduce((sum, { running }) => sum + running, waiting);
  }

  queues(): Promise<QueueState[]> {
    return queueStates(this.#boss, SCHEMA);
  }

  stop(graceMs: number): Promise<void> {
    this.#stopped ??= (async () => {
      this.#stopping.abort();
      const renewing = setInterval(() => void this.#renewClaims().catch(() => undefined), RENEW_MS);
      // Without a database endings cannot be recorded, however long that is tried.
      const lastTries = setTimeout(() => this.#settlements.hurry(), graceMs);
      await Promise.all(this.#loops);
      await Promise.all(this.#consumers.map((consumer) => consumer.stop(graceMs)));
      clearInterval(renewing);
      clearTimeout(lastTries);
      await this.#boss.stop({ graceful: false });
    })();
    return this.#stopped;
  }

  async #prepare(): Promise<void> {
    try {
      await this.#boss.start();
      await prepareQueues(this.#boss);
    } catch (error) {
      await this.#boss.stop({ graceful: false });
      throw error;
    }
  }

  #consume(options: ConsumerOptions): void {
    this.#consumers.push(
      new QueueConsumer(this.#claims, this.#settlements, options, (message, error) =>
        this.#report(message, error),
      ),
    );
  }

  async #followUp<J extends JobDefinition>(
    job: J,
    { job: given, signal }: StartedJob,
    givenUp: WorkOptions<JobPayload<J>>['givenUp'],
  ): Promise<void> {
    const payload = job.payload.safeParse(given.data);
    // Nothing can follow from what nobody can read; that it is listed has to do.
    if (!payload.success || !givenUp) return;
    await givenUp(payload.data as JobPayload<J>, {
      error: errorOf(given.sourceOutput),
      attempts: (given.sourceRetryCount ?? 0) + 1,
      signal,
    });
  }

  #queues(): string[] {
    return this.#consumers.map(({ queue }) => queue);
  }

  async #every(intervalMs: number, trouble: string, task: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await task();
      } catch (error) {
        this.#report(trouble, error);
      }
    }
  }

  /**
   * Wakes the consumers that have something to do. One cheap look at all queues, where pg-boss's claim, which is an
   * update, would be run for each of them.
   */
  async #poll(): Promise<void> {
    if (this.#consumers.length === 0) return;
    const { rows } = await this.#boss.getDb().executeSql(
      `select queue from unnest($1::text[]) queue where exists (
         select from ${SCHEMA}.job where name = queue and state < 'active' and start_after <= now())`,
      [this.#queues()],
    );
    for (const { queue } of rows as { queue: string }[]) {
      this.#consumers.find((consumer) => consumer.queue === queue)?.wake();
    }
  }

  async #renewClaims(): Promise<void> {
    const renewals = this.#consumers.map((consumer) => consumer.claimsToRenew());
    const claims = renewals.flatMap((renewal) => renewal.claims);
    if (claims.length === 0) return;
    const held = await this.#claims.renew(claims);
    for (const renewal of renewals) renewal.renewed(held);
  }

  /** By the clock alone: a statement on a connection that is gone may hang for minutes. */
  #leaveUnrenewed(): void {
    for (const consumer of this.#consumers) consumer.leaveUnrenewed(LEAVE_AFTER_MS);
  }

  async #takeOver(leaseSeconds: number): Promise<void> {
    const jobs = await this.#claims.takeOver(leaseSeconds);
    if (jobs > 0) this.#logger.warn(`${jobs} jobs of a process that ended are run again`);
  }

  async #depth(): Promise<QueueDepth[]> {
    const consumed = this.#consumers.map(({ queue }) => queue);
    const { rows } = await this.#boss.getDb().executeSql(
      `select queue,
         (select count(*)::int from ${SCHEMA}.job where name = queue and state < 'active') as waiting,
         (select count(*)::int from ${SCHEMA}.job where name = queue || $2) as dead_letters
       from unnest($1::text[]) queue`,
      [consumed.filter((queue) => consumed.includes(deadLetterQueueOf(queue))), deadLetterQueueOf('')],
    );
    return rows as QueueDepth[];
  }

  #report(message: string, error?: unknown): void {
    // Its message only: an error of pg carries the whole connection.
    const detail = (error as Error | undefined)?.message;
    this.#logger.error(detail === undefined ? message : `${message}: ${detail}`);
  }
}

function runEach<J extends JobDefinition>(job: J, { handle }: WorkOptions<JobPayload<J>>) {
  return (started: StartedJob[]) =>
    started.map(async ({ job: { data, retryCount }, signal }) =>
      handle(payloadOf(job, data), { signal, attempt: retryCount + 1 }),
    );
}

/** Jobs with unreadable payloads fail by themselves. */
function runBatch<J extends JobDefinition>(job: J, { handleBatch }: BatchWorkOptions<JobPayload<J>>) {
  return (started: StartedJob[]): Promise<unknown>[] => {
    const readable = started.filter(({ job: { data } }) => job.payload.safeParse(data).success);
    const results = Promise.resolve().then(() =>
      handleBatch(
        readable.map(({ job: { data } }) => payloadOf(job, data)),
        readable.map(({ job: { retryCount }, signal }) => ({ signal, attempt: retryCount + 1 })),
      ),
    );
    return started.map(async (one) => {
      const index = readable.indexOf(one);
      if (index === -1) return payloadOf(job, one.job.data);
      const result = (await results)[index];
      if (!result) throw new Error(`The handler of ${job.queue} returned nothing for one of its jobs`);
      return result;
    });
  };
}

/** @throws AppError `invalid_request`, which is not tried again */
function payloadOf<J extends JobDefinition>(job: J, data: unknown): JobPayload<J> {
  const payload = job.payload.safeParse(data);
  if (!payload.success) throw AppError.fromZod(payload.error);
  return payload.data as JobPayload<J>;
}

/** As our tries record an error, or as pg-boss does. */
function errorOf(output: object | null): Error {
  const { message, value } = (output ?? {}) as Partial<FailureRecord> & { value?: { message?: string } };
  return new Error(message ?? value?.message ?? JSON.stringify(output));
}
