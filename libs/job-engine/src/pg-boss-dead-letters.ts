import { AppError, type Page } from '@torale/contracts';
import type { PgBoss } from 'pg-boss';
import type { DeadLetter, DeadLetterQuery, DeadLetters } from './dead-letters.ts';
import type { FailureRecord } from './job-claims.ts';
import type { RunInTransaction } from './pg-boss-connection.ts';
import { deadLetterQueueOf, queueOfDeadLetters } from './queue-policies.ts';

interface Row {
  id: string;
  name: string;
  data: unknown;
  /** As our tries leave it, or as pg-boss does. */
  failure: Partial<FailureRecord> & { value?: { message?: string } };
  attempts: number;
  enqueued_at: string;
  failed_at: string;
}

/** A timestamp and an id, as `list` writes them. */
const CURSOR = /^(\d{4}-\d\d-\d\dT[\d:.]+Z)_([0-9a-f-]{36})$/;
const asText = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
/** What follows from giving the job up has happened. */
const SETTLED = `state in ('completed', 'failed')`;

/** Dead letters are the jobs of the queues that pg-boss moves given-up jobs to; done ones stay in those. */
export class PgBossDeadLetters implements DeadLetters {
  readonly #boss: PgBoss;
  readonly #schema: string;
  readonly #inTransaction: RunInTransaction;

  constructor(boss: PgBoss, schema: string, inTransaction: RunInTransaction) {
    this.#boss = boss;
    this.#schema = schema;
    this.#inTransaction = inTransaction;
  }

  async list({ queue, cursor, limit }: DeadLetterQuery): Promise<Page<DeadLetter>> {
    const [, failedAt = null, id = null] =
      cursor === undefined ? [] : (CURSOR.exec(cursor) ?? refuse(cursor));
    const { rows } = await this.#boss.getDb().executeSql(
      `select id, name, data, coalesce(source_output, '{}') as failure, source_retry_count + 1 as attempts,
         ${asText('source_created_on')} as enqueued_at, ${asText('created_on')} as failed_at
       from ${this.#schema}.job
       where name = any($1) and source_id is not null
         and ($2::timestamptz is null or (created_on, id) < ($2::timestamptz, $3::uuid))
       order by created_on desc, id desc
       limit $4`,
      [await this.#queues(queue), failedAt, id, limit + 1],
    );
    const letters = rows as Row[];
    const page = letters.slice(0, limit);
    const last = page.at(-1);
    return {
      data: page.map(deadLetterOf),
      next_cursor: last && letters.length > limit ? `${last.failed_at}_${last.id}` : null,
    };
  }

  async replay(ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const queues = await this.#queues();
    return this.#inTransaction(async (db) => {
      // pg-boss moves what waits. Inside the transaction nobody else sees it wait.
      const { rows } = await db.executeSql(
        `update ${this.#schema}.job set state = 'created', completed_on = null
         where name = any($1) and id = any($2::uuid[]) and ${SETTLED}
         returning id, name`,
        [queues, ids],
      );
      for (const [name, letters] of Map.groupBy(rows as { id: string; name: string }[], (row) => row.name)) {
        await this.#boss.redrive(name, {
          ids: letters.map((letter) => letter.id),
          limit: letters.length,
          db,
        });
      }
      return idsOf(rows);
    });
  }

  async drop(ids: readonly string[]): Promise<string[]> {
    const { rows } = await this.#boss
      .getDb()
      .executeSql(
        `delete from ${this.#schema}.job where name = any($1) and id = any($2::uuid[]) and ${SETTLED} returning id`,
        [await this.#queues(), ids],
      );
    return idsOf(rows);
  }

  /** Also those of jobs that this version no longer knows. */
  async #queues(queue?: string): Promise<string[]> {
    if (queue !== undefined) return [deadLetterQueueOf(queue)];
    const names = (await this.#boss.getQueues()).map(({ name }) => name);
    return names.filter((name) => queueOfDeadLetters(name) !== undefined);
  }
}

const idsOf = (rows: unknown[]) => (rows as { id: string }[]).map(({ id }) => id);

function refuse(cursor: string): never {
  throw new AppError('invalid_request', `This is no cursor: ${cursor}`);
}

function deadLetterOf({ id, name, data, failure, attempts, enqueued_at, failed_at }: Row): DeadLetter {
  return {
    id,
    queue: queueOfDeadLetters(name) ?? name,
    payload: data,
    error: failure.message ?? failure.value?.message ?? 'unknown',
    error_class: failure.error_class ?? null,
    attempts,
    first_failed_at: failure.first_failed_at ?? enqueued_at,
    last_failed_at: failed_at,
  };
}
