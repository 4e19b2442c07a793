import { openPostgres, type Database, type Transaction } from '@torale/database';
import { PgBossJobEngine } from '@torale/job-engine';
import {
  createUser,
  hasPostgres,
  insertSource,
  insertUserQuery,
  startPostgres,
  type PostgresCluster,
} from '@torale/testing';
import { sql } from 'kysely';
import { ChecksRepository } from '../src/checks/checks.repository.ts';
import { DispatchRepository } from '../src/checks/dispatch.repository.ts';
import { workerConfig } from '../src/worker.config.ts';

const USERS = 5;
const QUERIES_PER_USER = 3;
const SOURCES_PER_QUERY = 5;
const DISPATCHERS = 3;
const WORKERS = 4;
const WRITERS = 6;
const RUN_MS = 15_000;
/** What has to be done in that time, all of them together; and how much longer it may take a slow machine. */
const ENOUGH = 1_000;
const LONGER_MS = 60_000;
/** Until all that is left is done, at most. */
const SERVED_MS = 90_000;

const config = workerConfig.schema.parse({ CHECK_CONCURRENCY: 4 });
const pick = <T>(of: readonly T[]): T => of[Math.floor(Math.random() * of.length)]!;

(hasPostgres ? describe : describe.skip)('dispatches, workers and writers at once, on Postgres', () => {
  let cluster: PostgresCluster;
  let engine: PgBossJobEngine;
  let database: Database;
  const opened: Database[] = [];
  const open = () => {
    const connected = openPostgres({ url: cluster.url, poolSize: 2 });
    opened.push(connected);
    return connected;
  };

  beforeAll(async () => {
    cluster = await startPostgres();
    engine = await PgBossJobEngine.startSender({ url: cluster.url });
    database = open();
  }, 60_000);
  afterAll(async () => {
    await engine.stop(0);
    await Promise.all(opened.map((each) => each.close()));
    await cluster.stop();
  });

  const ids = async (table: 'user_queries' | 'monitored_sources') =>
    (await database.kysely.selectFrom(table).select('id').execute()).map(({ id }) => id);

  /** What users do by the gateway, and the judge at the end of a check: in the order in which these take their locks. */
  const writes: ((transaction: Transaction) => Promise<unknown>)[] = [
    async (transaction) => {
      const id = pick(await ids('monitored_sources'));
      const { user_id } = await transaction
        .selectFrom('monitored_sources')
        .select('user_id')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      const claims = JSON.stringify({ sub: user_id, role: 'authenticated' });
      await sql`select set_config('request.jwt.claims', ${claims}, true)`.execute(transaction);
      await sql`select request_check(${id}, 'manual')`.execute(transaction);
    },
    async (transaction) => {
      const id = pick(await ids('user_queries'));
      const status = pick(['active', 'active', 'paused', 'completed'] as const);
      await sql`select from user_queries where id = ${id} for update`.execute(transaction);
      await transaction.updateTable('user_queries').set({ status }).where('id', '=', id).execute();
      if (status !== 'active') return;
      await sql`select from monitored_sources where user_query_id = ${id} for no key update`.execute(
        transaction,
      );
      await sql`update monitored_sources set next_check_at = now() where user_query_id = ${id}`.execute(
        transaction,
      );
    },
    async (transaction) => {
      const id = pick(await ids('monitored_sources'));
      const status = pick(['active', 'active', 'paused'] as const);
      await sql`update monitored_sources set status = ${status}, next_check_at = now() where id = ${id}`.execute(
        transaction,
      );
    },
    async (transaction) => {
      const id = pick(await ids('monitored_sources'));
      await sql`select from user_queries query join monitored_sources source on source.user_query_id = query.id
        where source.id = ${id} for no key update of query`.execute(transaction);
      await sql`select from monitored_sources where id = ${id} for no key update`.execute(transaction);
      await sql`update monitored_sources set next_check_at = least(next_check_at, now() + interval '200 ms')
        where id = ${id}`.execute(transaction);
      if (Math.random() < 0.2) {
        await sql`update user_queries query set status = 'completed' from monitored_sources source
          where source.id = ${id} and query.id = source.user_query_id`.execute(transaction);
      }
    },
    async (transaction) => {
      const id = pick(await ids('user_queries'));
      await sql`insert into monitored_sources (user_id, user_query_id, url)
        select user_id, id, 'https://example.org/' || gen_random_uuid() from user_queries where id = ${id}`.execute(
        transaction,
      );
    },
    async (transaction) => {
      await transaction
        .deleteFrom('monitored_sources')
        .where('id', '=', pick(await ids('monitored_sources')))
        .execute();
    },
  ];

  /** Takes a job as a worker would, and ends the check in one of the ways there are. */
  async function work(on: Database, checks: ChecksRepository): Promise<void> {
    const { rows } = await sql<{ check_id: string }>`
      delete from pgboss.job where id in (
        select id from pgboss.job order by created_on limit 1 for update skip locked)
      returning data->>'check_id' as check_id`.execute(on.kysely);
    for (const { check_id } of rows) {
      const check = await checks.start(check_id);
      if (!check) continue;
      if (check.query_status !== 'active' || check.source_status !== 'active')
        await checks.cancel(check_id, 'not active');
      else if (Math.random() < 0.3)
        await checks.defer(check_id, new Date(Date.now() + 300).toISOString(), 'later');
      else await checks.finishUnreadable(check_id, pick(['server_error', 'timeout'] as const), 'no');
    }
  }

  const watched = sql`source.status = 'active' and not source.parked`;
  /** By a clock that is read after what others have written was: `now()` is before it, by as much as the machine is busy. */
  const present = sql`clock_timestamp()`;
  const waits = sql`run.status = 'queued' and run.enqueued_at is null`;

  /** What is due, or soon will be, while its owner's turn comes later. */
  const lost = async () => {
    const { rows } = await sql`
      select 'source' as what, queue.turn_at::text, source.next_check_at from monitored_sources source
      left join user_check_queues queue using (user_id)
      where ${watched} and queue.turn_at is distinct from least(queue.turn_at, greatest(source.next_check_at, ${present}))
      union all
      select 'check', queue.turn_at::text, run.not_before from check_runs run
      left join user_check_queues queue using (user_id)
      where ${waits} and queue.turn_at is distinct from least(queue.turn_at, greatest(run.not_before, ${present}))
    `.execute(database.kysely);
    return rows;
  };

  test('none is part of a deadlock, and no source is lost', async () => {
    for (let user = 0; user < USERS; user++) {
      const { id: user_id } = await createUser(database);
      for (let query = 0; query < QUERIES_PER_USER; query++) {
        const { id } = await insertUserQuery(database, { user_id, check_interval_seconds: 1 });
        for (let source = 0; source < SOURCES_PER_QUERY; source++)
          await insertSource(database, { user_query_id: id });
      }
    }
    const until = Date.now() + RUN_MS;
    const failures: string[] = [];
    let done = 0;
    const isOver = () => Date.now() > (done > ENOUGH ? until : until + LONGER_MS);
    const repeat = async (act: () => Promise<unknown>) => {
      while (!isOver()) {
        try {
          await act();
          done++;
        } catch (error) {
          failures.push(String(error));
        }
      }
    };
    const times = (count: number, start: () => Promise<void>) => Array.from({ length: count }, start);
    await Promise.all([
      repeat(async () => {
        const rows = await lost();
        if (rows.length > 0) throw new Error(`lost: ${JSON.stringify(rows)}`);
      }),
      ...times(DISPATCHERS, () => {
        const dispatches = new DispatchRepository(open(), engine, config);
        return repeat(() => dispatches.dispatch());
      }),
      ...times(WORKERS, () => {
        const on = open();
        const checks = new ChecksRepository(on, config);
        return repeat(() => work(on, checks));
      }),
      ...times(WRITERS, () => {
        const on = open();
        return repeat(() => on.transaction(pick(writes)));
      }),
    ]);
    // A source that somebody else has deleted just now is no failure.
    expect(failures.filter((failure) => !/no result|foreign key/i.test(failure))).toEqual([]);
    expect(done).toBeGreaterThan(ENOUGH);

    expect(await lost()).toEqual([]);
    const { rows: astray } = await sql`
      select source.id from monitored_sources source join user_queries query on query.id = source.user_query_id
      where source.parked and query.status = 'active'`.execute(database.kysely);
    expect(astray).toEqual([]);

    // And they are all served: nobody else writes any more.
    const dispatches = new DispatchRepository(database, engine, config);
    const checks = new ChecksRepository(database, config);
    await sql`update user_queries set check_interval_seconds = 86400`.execute(database.kysely);
    const begun = Date.now();
    const left = async () =>
      (
        await sql<{ id: string }>`
          select source.id from monitored_sources source where ${watched} and source.next_check_at <= now()
          union all select run.id from check_runs run where run.status in ('queued', 'running')`.execute(
          database.kysely,
        )
      ).rows;
    while ((await left()).length > 0 && Date.now() - begun < SERVED_MS) {
      await dispatches.dispatch();
      await work(database, checks);
    }
    expect(await left()).toEqual([]);
  }, 240_000);
});
