import {
  createTestDatabase,
  eventually,
  hasPostgres,
  insertContent,
  insertUserQuery,
  startPostgres,
} from '@torale/testing';
import { sql } from 'kysely';
import { openPostgres } from '../src/index.ts';
import { onBothDatabases } from './both-databases.ts';

describe('a database', () => {
  onBothDatabases((opened) => {
    it('reads times as ISO strings, json as values, counts as numbers', async () => {
      const { database } = opened();
      const { rows } = await sql`select
        timestamptz '2026-03-01 00:00:00.1239+02' as time, timestamptz '2026-03-01 12:00:00+00' as whole,
        '{"a": [1, null]}'::jsonb as json, count(*) as count, 0.5::real as real, 1.50::numeric as numeric,
        null::timestamptz as nothing`.execute(database.kysely);
      expect(rows).toEqual([
        {
          time: '2026-02-28T22:00:00.123Z',
          whole: '2026-03-01T12:00:00.000Z',
          json: { a: [1, null] },
          count: 1,
          real: 0.5,
          numeric: '1.50',
          nothing: null,
        },
      ]);
    });

    it('finds a row by the time that was read from it', async () => {
      const { database } = opened();
      const query = await insertUserQuery(database);
      const found = await database.kysely
        .selectFrom('user_queries')
        .select('id')
        .where('created_at', '=', query.created_at)
        .where('id', '=', query.id)
        .execute();
      expect(found).toEqual([{ id: query.id }]);
    });

    it('writes what it reads, a Date as well as a string', async () => {
      const { database } = opened();
      const content = await insertContent(database, { fetched_at: new Date('2026-01-02T03:04:05.678Z') });
      expect(content.fetched_at).toBe('2026-01-02T03:04:05.678Z');
      expect(content.blocks).toEqual([expect.objectContaining({ text: 'Price: $549' })]);
    });

    it('commits what resolves and rolls back what rejects', async () => {
      const { database } = opened();
      const committed = await insertUserQuery(database);
      const change = (title: string, fail: boolean) =>
        database.transaction(async (transaction) => {
          await transaction
            .updateTable('user_queries')
            .set({ raw_query: title })
            .where('id', '=', committed.id)
            .execute();
          if (fail) throw new Error('no');
        });
      await change('first', false);
      await expect(change('second', true)).rejects.toThrow('no');
      const { raw_query } = await database.kysely
        .selectFrom('user_queries')
        .select('raw_query')
        .where('id', '=', committed.id)
        .executeTakeFirstOrThrow();
      expect(raw_query).toBe('first');
    });

    it('keeps transactions that run at the same time apart', async () => {
      const { database } = opened();
      const { id } = await insertUserQuery(database, { check_interval_seconds: 1 });
      const increment = () =>
        database.transaction(async (transaction) => {
          const row = await transaction
            .selectFrom('user_queries')
            .select('check_interval_seconds as n')
            .where('id', '=', id)
            .forUpdate()
            .executeTakeFirstOrThrow();
          await transaction
            .updateTable('user_queries')
            .set({ check_interval_seconds: row.n + 1 })
            .where('id', '=', id)
            .execute();
        });
      await Promise.all(Array.from({ length: 10 }, increment));
      const row = await database.kysely
        .selectFrom('user_queries')
        .select('check_interval_seconds as n')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      expect(row.n).toBe(11);
    });

    it('lets a transaction end in which a statement failed', async () => {
      const { database } = opened();
      await expect(
        database.transaction((transaction) => sql`select 1 / 0`.execute(transaction)),
      ).rejects.toThrow('division by zero');
      await database.ping();
    });
  });
});

describe('a database on PGlite', () => {
  it('lets single statements wait for a transaction instead of running in it', async () => {
    const { database, close } = await createTestDatabase();
    const { id } = await insertUserQuery(database);
    const rename = (raw_query: string) =>
      database.kysely.updateTable('user_queries').set({ raw_query }).where('id', '=', id).execute();
    let outside: Promise<unknown> | undefined;
    await database
      .transaction(async (transaction) => {
        outside = rename('outside');
        await sql`select 1`.execute(transaction);
        throw new Error('no');
      })
      .catch(() => undefined);
    await outside;
    const { rows } = await database.pglite.query('select raw_query from user_queries where id = $1', [id]);
    expect(rows).toEqual([{ raw_query: 'outside' }]);
    await close();
  });

  it('rejects after it was closed, also what was waiting then', async () => {
    const { database, close } = await createTestDatabase();
    const ask = () => database.transaction((transaction) => sql`select 1`.execute(transaction));
    await ask();
    const asked = Promise.allSettled([ask(), ask(), ask()]);
    await close();
    await asked;
    await expect(database.ping()).rejects.toThrow('PGlite is closed');
    await expect(ask()).rejects.toThrow('PGlite is closed');
    await expect(database.transaction(async () => 'nothing done')).rejects.toThrow('PGlite is closed');
  });
});

(hasPostgres ? describe : describe.skip)('a database on Postgres', () => {
  it('survives that its connections are cut, and rejects at once when the server is gone', async () => {
    const cluster = await startPostgres();
    const database = openPostgres({ url: cluster.url, poolSize: 2 });
    const other = openPostgres({ url: cluster.url, poolSize: 1 });
    await database.ping();
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`.execute(other.kysely);
    // A ping that is sent before the cut is noticed rejects, as it should.
    await eventually('a connection', () =>
      database.ping().then(
        () => true,
        () => false,
      ),
    );

    // Between two statements of a transaction nobody waits for the connection that breaks.
    const broken = database.transaction(async (transaction) => {
      await sql`select 1`.execute(transaction);
      await cluster.crash('server');
      await sql`select 1`.execute(transaction);
    });
    await expect(broken).rejects.toThrow();
    await database.ping();

    await cluster.stop();
    const asked = Date.now();
    await expect(database.ping()).rejects.toThrow();
    await expect(database.transaction(async () => undefined)).rejects.toThrow();
    // Neither waits for a server that might answer yet, which takes two seconds and three.
    expect(Date.now() - asked).toBeLessThan(2_000);
    await Promise.all([database.close(), other.close()]);
  }, 60_000);
});
