import type { JobWithMetadata, PgBoss } from 'pg-boss';
import type { ErrorClass } from './error-class.ts';

/** One claim on a job: what settles it settles this claim only, and nothing once another process has claimed the job. */
export interface Claim {
  queue: string;
  id: string;
  /** Grows with every claim. */
  retryCount: number;
}

/** What is kept of a failure with its job, and with its dead letter. */
export interface FailureRecord {
  message: string;
  error_class: ErrorClass;
  stack?: string | undefined;
  /** When the job failed for the first time, ISO 8601. */
  first_failed_at: string;
}

export interface Postponement extends Claim {
  delay_seconds: number;
  failure: FailureRecord;
}

/** The ids of those claims that were still held, and whose jobs are therefore changed. */
export type Held = ReadonlySet<string>;

/** What pg-boss answers to commands; its published type leaves it empty. */
interface CommandResult {
  settled: string[] | null;
}

/** The claims that a statement is about, as a table. */
const CLAIMS = `select * from json_to_recordset($1::text::json)
  as claim(queue text, id uuid, "retryCount" int, delay_seconds float8, failure jsonb)`;
const HELD = `job.name = claim.queue and job.id = claim.id and job.retry_count = claim."retryCount"
  and job.state = 'active'`;

/**
 * How many processes in a row may die while they run a job until it is taken for what kills them. From the third on it is
 * put off, for so many seconds more with each at random, so that those who only ran beside it are run without it.
 */
const DEATHS = 20;
const SPREAD_SECONDS = 5;

/**
 * Claims on jobs in pg-boss's tables. What pg-boss offers is used as it is; it has neither a pause that fits a failure
 * nor one statement for jobs of several queues, and gives back a job without telling its claims apart: those are SQL.
 */
export class JobClaims {
  readonly #boss: PgBoss;
  readonly #schema: string;

  constructor(boss: PgBoss, schema: string) {
    this.#boss = boss;
    this.#schema = schema;
  }

  /** Claims up to `limit` jobs that are due, the oldest first. */
  take(queue: string, limit: number): Promise<JobWithMetadata<object>[]> {
    return this.#boss.fetch<object>(queue, { batchSize: limit, includeMetadata: true });
  }

  /** Jobs that are done are deleted: a table that holds what is left to do is quick to search and to vacuum. */
  async finish(queue: string, claims: readonly Claim[]): Promise<Held> {
    return held(await this.#boss.deleteJob(queue, [...claims]));
  }

  /** The jobs are done, and stay as long as their queue keeps them. */
  async complete(queue: string, claims: readonly Claim[]): Promise<Held> {
    return held(await this.#boss.complete(queue, [...claims]));
  }

  /** The jobs have failed and are run again, each after its pause. */
  postpone(postponements: readonly Postponement[]): Promise<Held> {
    return this.#update(
      `state = 'retry', start_after = now() + claim.delay_seconds * interval '1 s', heartbeat_on = null,
       output = claim.failure`,
      postponements,
    );
  }

  /** The jobs are run again at once, by whoever comes first; that they were claimed costs them no try. */
  release(claims: readonly Claim[]): Promise<Held> {
    return this.#update(
      `state = 'retry', start_after = now(), heartbeat_on = null, retry_limit = retry_limit + 1`,
      claims,
    );
  }

  /** The job has failed for the last time: it becomes a dead letter, in the statement that says so. */
  async giveUp(claim: Claim, failure: FailureRecord): Promise<Held> {
    // pg-boss gives up what has no tries left. A crash in between leaves a job that is taken over and given up then.
    await this.#update('retry_limit = retry_count', [claim]);
    return held(await this.#boss.fail(claim.queue, [claim], failure));
  }

  /** The claims hold on for another lease. */
  renew(claims: readonly Claim[]): Promise<Held> {
    return this.#update('heartbeat_on = now()', claims);
  }

  /**
   * Makes jobs whose process has died ready to run again, for whoever comes first; those that have no tries left, or
   * whose processes die one after the other, are given up.
   * @param leaseSeconds a claim that was not renewed for that long is void; 0: every claim is
   * @returns how many jobs
   */
  async takeOver(leaseSeconds: number): Promise<number> {
    const message = 'the process ended while the job ran';
    const { rows } = await this.#boss.getDb().executeSql(
      `with lapsed as (
         select name, id, retry_count, output ->> 'first_failed_at' as first_failed_at,
           coalesce((output ->> 'deaths')::int, 0) + 1 as deaths
         from ${this.#schema}.job
         where state = 'active' and heartbeat_on <= now() - $1 * interval '1 s'
         for update skip locked
       ), freed as (
         update ${this.#schema}.job job
         set state = 'retry', heartbeat_on = null,
           start_after = now() + random() * greatest(lapsed.deaths - 2, 0) * $4::int * interval '1 s',
           output = jsonb_build_object('first_failed_at', now()) || coalesce(job.output, '{}')
             || jsonb_build_object('message', $2::text, 'error_class', 'server', 'deaths', lapsed.deaths)
         from lapsed
         where job.name = lapsed.name and job.id = lapsed.id and job.retry_count < job.retry_limit
           and lapsed.deaths < $3
         returning job.id
       )
       select name as queue, id, retry_count as "retryCount", first_failed_at, id in (select id from freed) as freed
       from lapsed`,
      [leaseSeconds, message, DEATHS, SPREAD_SECONDS],
    );
    const lapsed = rows as (Claim & { first_failed_at: string | null; freed: boolean })[];
    for (const { first_failed_at, ...claim } of lapsed.filter(({ freed }) => !freed)) {
      await this.giveUp(claim, {
        message,
        error_class: 'server',
        first_failed_at: first_failed_at ?? new Date().toISOString(),
      });
    }
    return lapsed.length;
  }

  async #update(set: string, claims: readonly Claim[]): Promise<Held> {
    const { rows } = await this.#boss
      .getDb()
      .executeSql(
        `with claim as (${CLAIMS}) update ${this.#schema}.job job set ${set} from claim where ${HELD} returning job.id`,
        [JSON.stringify(claims)],
      );
    return new Set((rows as { id: string }[]).map(({ id }) => id));
  }
}

const held = (result: unknown): Held => new Set((result as CommandResult).settled);
