import { randomUUID } from 'node:crypto';
import { type Endpoint, gatewayContract } from '@torale/contracts';
import {
  insertAlert,
  insertCheckRun,
  insertContent,
  insertDelivery,
  insertSource,
  insertUserQuery,
} from '@torale/testing';
import { sql } from 'kysely';
import { z } from 'zod';
import {
  type Api,
  type EndpointName,
  type GatewayHarness,
  publicUrl,
  startGateway,
} from './gateway-harness.ts';

/** What belongs to a user, by the part of a path or the name of a field that its id stands under. */
type Belongings = Record<
  | 'user-queries'
  | 'monitored-sources'
  | 'checks'
  | 'contents'
  | 'diff'
  | 'alerts'
  | 'deliveries'
  | 'channels'
  | 'api-keys',
  string
>;

const bodies: Partial<Record<EndpointName, (ids: Belongings) => object>> = {
  updateUserQuery: () => ({ raw_query: 'This is mine now' }),
  createMonitoredSource: (ids) => ({ user_query_id: ids['user-queries'], url: publicUrl('/theirs') }),
  updateMonitoredSource: () => ({ status: 'paused' }),
  giveAlertFeedback: () => ({ verdict: 'not_useful' }),
  updateChannel: () => ({ name: 'Mine', is_default: false, headers: { 'x-mine': 'yes' } }),
  verifyChannel: () => ({ code: '123456' }),
  previewTemplate: (ids) => ({ kind: 'email', alert_id: ids.alerts }),
  rotateChannelSecret: () => ({ overlap_hours: 0 }),
  replayDeliveries: (ids) => ({
    channel_id: ids.channels,
    from: '2026-01-01T00:00:00.000Z',
    to: '2027-01-01T00:00:00.000Z',
  }),
};
const fields: Record<string, keyof Belongings> = {
  user_query_id: 'user-queries',
  alert_id: 'alerts',
  channel_id: 'channels',
};

const endpoints = Object.entries(gatewayContract.endpoints) as [EndpointName, Endpoint][];
const keysOf = (schema: z.ZodType) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []);
const idFields = (schema: z.ZodType) => keysOf(schema).filter((key) => key.endsWith('_id'));
const withIdInPath = endpoints.filter(([, { path }]) => /:(\w+_)?id\b/.test(path)).map(([name]) => name);
const withIdInBody = endpoints.filter(([, { body }]) => idFields(body).length > 0).map(([name]) => name);
const withIdInQuery = endpoints.flatMap(([name, { query }]) =>
  idFields(query).map((field): [EndpointName, string] => [name, field]),
);

let gateway: GatewayHarness;
let stranger: Api;
let theirs: Belongings;
let own: Belongings;

beforeAll(async () => {
  gateway = await startGateway();
  const owner = await gateway.newUser();
  theirs = await belongingsOf(owner.user.id, owner.api);
  const other = await gateway.newUser();
  stranger = other.api;
  own = await belongingsOf(other.user.id, other.api);
});
afterAll(() => gateway.close());

async function belongingsOf(userId: string, api: Api): Promise<Belongings> {
  const { database } = gateway.db;
  const query = await insertUserQuery(database, { user_id: userId });
  const source = await insertSource(database, { user_query_id: query.id });
  const check = await insertCheckRun(database, { source_id: source.id, status: 'succeeded' });
  const content = await insertContent(database, { source_id: source.id });
  const alert = await insertAlert(database, { source_id: source.id, check_id: check.id });
  const delivery = await insertDelivery(database, { alert_id: alert.id });
  const mail = { to_address: 'me@example.org', subject: userId, text_body: '', html_body: '' };
  await database.kysely
    .insertInto('outbox_emails')
    .values({ user_id: userId, delivery_id: delivery.id, message_id: delivery.id, ...mail })
    .execute();
  await database.kysely.deleteFrom('notification_channels').where('user_id', '=', userId).execute();
  const channel = await api.ok('createChannel', { body: { kind: 'webhook', url: publicUrl('/hook') } });
  const apiKey = await api.ok('createApiKey', { body: { name: 'key' } });
  return {
    'user-queries': query.id,
    'monitored-sources': source.id,
    checks: check.id,
    contents: content.id,
    diff: content.id,
    alerts: alert.id,
    deliveries: delivery.id,
    channels: channel.body.id,
    'api-keys': apiKey.body.id,
  };
}

/** The parameters of a path, each from the path segment before it. */
function paramsOf(path: string, ids: Belongings): Record<string, string> {
  const pairs = [...path.matchAll(/([\w-]+)\/:(\w+)/g)].map(([, resource, name]) => {
    if (!(resource! in ids)) throw new Error(`This test has nothing of the kind ${resource}`);
    return [name!, ids[resource as keyof Belongings]];
  });
  return Object.fromEntries(pairs) as Record<string, string>;
}

function inputOf(name: EndpointName, ids: Belongings) {
  const { path, body } = gatewayContract.endpoints[name] as Endpoint;
  if (body instanceof z.ZodUndefined) return { params: paramsOf(path, ids) };
  const make = bodies[name];
  if (!make) throw new Error(`This test has no body for ${name}`);
  return { params: paramsOf(path, ids), body: body.parse(make(ids)) };
}

/** Everything in the tables that users write. */
async function everything(): Promise<string> {
  const tables = [
    'user_queries',
    'monitored_sources',
    'check_runs',
    'change_alerts',
    'alert_feedback',
    'notification_deliveries',
    'notification_channels',
    'channel_secrets',
    'api_keys',
  ];
  const rows = await Promise.all(
    tables.map((table) =>
      sql`select to_jsonb(t) as row from ${sql.table(table)} t order by 1`.execute(
        gateway.db.database.kysely,
      ),
    ),
  );
  return JSON.stringify(rows.map((result) => result.rows));
}

test('there are routes to test', () => {
  expect(withIdInPath.length).toBeGreaterThan(10);
  expect(withIdInBody).toEqual(['createMonitoredSource', 'replayDeliveries', 'previewTemplate']);
  expect(withIdInQuery.length).toBeGreaterThan(2);
});

test.each(withIdInPath)(
  "%s answers another user's id like one that never was, and does nothing",
  async (name) => {
    const before = await everything();
    const foreign = await stranger.problem(name, inputOf(name, theirs));
    expect(foreign).toMatchObject({ status: 404, code: 'not_found' });
    const never = Object.fromEntries(Object.keys(theirs).map((key) => [key, randomUUID()])) as Belongings;
    const unknown = await stranger.problem(name, inputOf(name, never));
    expect(unknown).toEqual({ ...foreign, instance: unknown.instance, request_id: unknown.request_id });
    expect(await everything()).toBe(before);
  },
);

test.each(withIdInBody)("%s answers another user's id in the body with 404", async (name) => {
  const before = await everything();
  const problem = await stranger.problem(name, inputOf(name, theirs));
  expect(problem).toMatchObject({ status: 404, code: 'not_found' });
  expect(await everything()).toBe(before);
});

test.each(withIdInQuery)("%s finds nothing by another user's %s", async (name, field) => {
  const resource = fields[field];
  if (!resource) throw new Error(`This test does not know the field ${field}`);
  const found = await stranger.ok(name, { query: { [field]: own[resource] } });
  expect(found.body).toMatchObject({ data: [expect.anything()] });
  const { body } = await stranger.ok(name, { query: { [field]: theirs[resource] } });
  expect(body).toEqual({ data: [], next_cursor: null });
});

test("a check is not found under another user's source, nor another's check under one's own", async () => {
  for (const params of [
    { id: theirs['monitored-sources'], check_id: own.checks },
    { id: own['monitored-sources'], check_id: theirs.checks },
  ]) {
    expect(await stranger.problem('getCheck', { params })).toMatchObject({ code: 'not_found' });
  }
});

test("a content is not found under another user's source, nor another's content under one's own", async () => {
  const underTheirs = { ...own, 'monitored-sources': theirs['monitored-sources'] };
  const underOwn = { ...theirs, 'monitored-sources': own['monitored-sources'] };
  for (const name of ['getContent', 'getSnapshot', 'diffContents'] as const) {
    for (const ids of [underTheirs, underOwn]) {
      expect(await stranger.problem(name, inputOf(name, ids))).toMatchObject({ code: 'not_found' });
    }
  }
  for (const ids of [
    { ...own, diff: theirs.diff },
    { ...own, contents: theirs.contents },
  ]) {
    const problem = await stranger.problem('diffContents', inputOf('diffContents', ids));
    expect(problem).toMatchObject({ code: 'not_found' });
  }
  expect(gateway.contentProcessor.getSnapshot).not.toHaveBeenCalled();
});

test.each(withIdInPath)('%s refuses an id that is none', async (name) => {
  const malformed = Object.fromEntries(Object.keys(theirs).map((key) => [key, 'not-an-id'])) as Belongings;
  const { params } = inputOf(name, malformed);
  const body = bodies[name]?.(theirs);
  const problem = await stranger.problem(name, body ? { params, body } : { params });
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request', errors: expect.any(Array) });
  expect(problem.errors!.map(({ path }) => path)).toEqual(
    Object.keys(params).map((name) => `params.${name}`),
  );
});

test('lists hold only what is the caller’s', async () => {
  const lists = endpoints.filter(([, { query }]) => keysOf(query).includes('cursor'));
  expect(lists.length).toBeGreaterThan(5);
  for (const [name, { path }] of lists) {
    const { body } = await stranger.ok(name, { params: paramsOf(path, own) });
    expect({ name, body }).toEqual({ name, body: { data: [expect.anything()], next_cursor: null } });
    for (const id of Object.values(theirs)) expect(JSON.stringify(body)).not.toContain(id);
  }
});

test('preferences are the caller’s', async () => {
  const owner = await gateway.newUser();
  await owner.api.ok('updateNotificationPreferences', { body: { time_zone: 'Europe/Berlin' } });
  const seen = async () => (await stranger.ok('getNotificationPreferences')).body.time_zone;
  expect(await seen()).toBe('UTC');
  await stranger.ok('updateNotificationPreferences', { body: { time_zone: 'Asia/Tokyo' } });
  expect(await seen()).toBe('Asia/Tokyo');
  const { body } = await owner.api.ok('getNotificationPreferences');
  expect(body.time_zone).toBe('Europe/Berlin');
});

test.each(['createUserQuery', 'updateUserQuery'] as const)(
  "%s refuses another user's channel by its place among the ids",
  async (name) => {
    gateway.discovery.discover.mockResolvedValue({
      condition: null,
      refined_query: null,
      sources: [],
    } as never);
    const before = await everything();
    const problem = await stranger.problem(name, {
      params: { id: own['user-queries'] },
      body: {
        ...(name === 'createUserQuery' && { raw_query: 'Tell me when the price drops' }),
        channel_ids: [own.channels, theirs.channels],
      },
    });
    expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path: 'channel_ids.1' }] });
    expect(await everything()).toBe(before);
  },
);

test('nothing of another user’s channel is sent, confirmed or tried', () => {
  const { startVerification, confirmVerification, testChannel } = gateway.notifications;
  const asked = [startVerification, confirmVerification, testChannel].flatMap((call) => call.mock.calls);
  // Its owner's own, when it was made.
  expect(asked.filter(([{ channel_id }]) => channel_id === theirs.channels)).toHaveLength(1);
});

test('openapi.json names every route', async () => {
  const response = await fetch(`${gateway.url}/openapi.json`);
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, unknown>> };
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const promised = endpoints.map(([, { method, path }]) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  expect(described.sort()).toEqual(promised.sort());
});
