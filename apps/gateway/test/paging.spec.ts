import { insertSource, insertUserQuery } from '@torale/testing';
import { sql } from 'kysely';
import { type Api, type GatewayHarness, startGateway } from './gateway-harness.ts';

let gateway: GatewayHarness;
let api: Api;
let userId: string;

beforeAll(async () => {
  gateway = await startGateway();
  const created = await gateway.newUser();
  api = created.api;
  userId = created.user.id;
});
afterAll(() => gateway.close());

async function walk(limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const { body }: Awaited<ReturnType<typeof api.ok<'listUserQueries'>>> = await api.ok('listUserQueries', {
      query: cursor === null ? { limit } : { limit, cursor },
    });
    pages.push(body.data.map(({ id }) => id));
    cursor = body.next_cursor;
  } while (cursor !== null);
  return pages;
}

test('65 rows, of the same moment or a millisecond apart, come once each and newest first', async () => {
  const { database } = gateway.db;
  await database.kysely
    .insertInto('user_queries')
    .values(Array.from({ length: 65 }, (_, i) => ({ user_id: userId, raw_query: `query ${i}` })))
    .execute();
  // Three moments a millisecond apart, and one row for itself.
  await sql`update user_queries set created_at = timestamptz '2020-02-29 10:00:00.123' +
      (substring(raw_query from 7)::int % 3) * interval '1 millisecond'`.execute(database.kysely);
  await sql`update user_queries set created_at = '2020-03-01 00:00:00' where raw_query = 'query 64'`.execute(
    database.kysely,
  );
  await insertUserQuery(database);

  const { rows } = await sql<{ id: string }>`
    select id from user_queries where user_id = ${userId} order by created_at desc, id desc`.execute(
    database.kysely,
  );
  const expected = rows.map(({ id }) => id);
  expect(expected).toHaveLength(65);
  for (const limit of [1, 7, 25, 64, 65, 100]) {
    const pages = await walk(limit);
    expect(pages.flat()).toEqual(expected);
    expect(pages).toHaveLength(Math.ceil(65 / limit));
  }
});

test('25 rows are a page unless a limit is given', async () => {
  const { body } = await api.ok('listUserQueries');
  expect(body.data).toHaveLength(25);
});

test('a page goes on where it ended although rows came and went', async () => {
  const first = await api.ok('listUserQueries', { query: { limit: 10 } });
  await insertUserQuery(gateway.db.database, { user_id: userId });
  await api.ok('deleteUserQuery', { params: { id: first.body.data.at(-1)!.id } });
  const second = await api.ok('listUserQueries', { query: { limit: 10, cursor: first.body.next_cursor! } });
  const ids = (page: typeof first) => page.body.data.map(({ id }) => id);
  expect(ids(second).filter((id) => ids(first).includes(id))).toEqual([]);
  const all = await api.ok('listUserQueries', { query: { limit: 100 } });
  // The new row and nine of the first ten stand before the second page.
  expect(ids(all).slice(10, 20)).toEqual(ids(second));
});

test('a filter holds over all pages', async () => {
  const { database } = gateway.db;
  const query = await insertUserQuery(database, { user_id: userId });
  for (let i = 0; i < 3; i++) await insertSource(database, { user_query_id: query.id });
  await insertSource(database, { user_id: userId });
  const first = await api.ok('listMonitoredSources', { query: { user_query_id: query.id, limit: 2 } });
  const second = await api.ok('listMonitoredSources', {
    query: { user_query_id: query.id, limit: 2, cursor: first.body.next_cursor! },
  });
  expect([first, second].map(({ body }) => body.data.map((source) => source.user_query_id))).toEqual([
    [query.id, query.id],
    [query.id],
  ]);
});

test.each([
  ['a cursor that is none', { cursor: 'x' }, 'query.cursor'],
  ['an endless cursor', { cursor: 'x'.repeat(201) }, 'query.cursor'],
  ['no rows', { limit: 0 }, 'query.limit'],
  ['too many rows', { limit: 101 }, 'query.limit'],
  ['a status that is none', { status: 'asleep' }, 'query.status'],
])('%s is refused', async (_, query: Record<string, string | number>, path) => {
  const problem = await api.problem('listUserQueries', { query });
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ path }] });
});
