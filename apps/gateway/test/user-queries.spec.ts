import { AppError, type DiscoverResponse } from '@torale/contracts';
import { insertSource, insertUserQuery } from '@torale/testing';
import { type Api, type GatewayHarness, publicUrl, secondsAgo, startGateway } from './gateway-harness.ts';

let gateway: GatewayHarness;
let api: Api;
let userId: string;

beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  gateway.discovery.discover.mockReset().mockResolvedValue(discovered);
  const created = await gateway.newUser();
  api = created.api;
  userId = created.user.id;
});
afterAll(() => gateway.close());

const sentence = `Tell me when the price at ${publicUrl('/product')} drops below $500`;
const discovered: DiscoverResponse = {
  refined_query: 'price of the product',
  condition: 'the price is below $500',
  sources: [
    {
      url: publicUrl('/product'),
      kind: 'page',
      title: 'Product',
      origin: 'sentence',
      reason: 'You named it.',
    },
    {
      url: publicUrl('/feed.xml'),
      kind: 'feed',
      title: null,
      origin: 'declared_feed',
      reason: 'The page has it.',
    },
  ],
};

const checksOf = (sourceId: string) =>
  gateway.db.database.kysely.selectFrom('check_runs').selectAll().where('source_id', '=', sourceId).execute();

describe('filing a sentence', () => {
  test('stores it with what discovery found, in that order, and starts the first checks', async () => {
    const { status, body } = await api.ok('createUserQuery', { body: { raw_query: `  ${sentence} ` } });
    expect(status).toBe(201);
    expect(gateway.discovery.discover).toHaveBeenCalledWith({ raw_query: sentence, condition: null });
    expect(body).toMatchObject({
      raw_query: sentence,
      condition: 'the price is below $500',
      refined_query: 'price of the product',
      notify_behavior: 'once',
      check_interval_seconds: 3600,
      status: 'active',
      completed_at: null,
      sources: discovered.sources.map((source) => ({ ...source, user_query_id: body.id, status: 'active' })),
    });
    for (const source of body.sources) {
      expect(await checksOf(source.id)).toEqual([
        expect.objectContaining({ trigger: 'initial', status: 'queued', user_id: userId, enqueued_at: null }),
      ]);
    }
    expect((await api.ok('getUserQuery', { params: { id: body.id } })).body.raw_query).toBe(sentence);
  });

  test('keeps the condition that the user gave', async () => {
    const condition = 'it costs less than $400';
    const { body } = await api.ok('createUserQuery', {
      body: { raw_query: sentence, condition, notify_behavior: 'always', check_interval_seconds: 60 },
    });
    expect(gateway.discovery.discover).toHaveBeenCalledWith({ raw_query: sentence, condition });
    expect(body).toMatchObject({ condition, notify_behavior: 'always', check_interval_seconds: 60 });
  });

  test('watches a URL that discovery names twice once', async () => {
    const [product] = discovered.sources;
    gateway.discovery.discover.mockResolvedValue({ ...discovered, sources: [product!, product!] });
    const { body } = await api.ok('createUserQuery', { body: { raw_query: sentence } });
    expect(body.sources).toHaveLength(1);
  });

  test.each([
    ['discovery is down', 'service_unavailable', 503],
    ['nothing is found', 'no_sources_found', 422],
  ] as const)('stores nothing when %s', async (_, code, status) => {
    gateway.discovery.discover.mockRejectedValue(new AppError(code, 'as discovery says'));
    const problem = await api.problem('createUserQuery', { body: { raw_query: sentence } });
    expect(problem).toMatchObject({ status, code, detail: 'as discovery says' });
    expect((await api.ok('listUserQueries')).body.data).toEqual([]);
  });

  test.each([
    ['no sentence', {}, ['raw_query']],
    ['no object', 'hello', ['body']],
    ['no body', undefined, ['body']],
    ['a sentence of nothing', { raw_query: '     ' }, ['raw_query']],
    ['a sentence of two characters', { raw_query: '👀👀' }, ['raw_query']],
    ['a sentence without end', { raw_query: 'a'.repeat(2001) }, ['raw_query']],
    ['a sentence with U+0000', { raw_query: 'the \0 price' }, ['raw_query']],
    [
      'an interval below the minimum',
      { raw_query: sentence, check_interval_seconds: 59 },
      ['check_interval_seconds'],
    ],
    ['half a second', { raw_query: sentence, check_interval_seconds: 60.5 }, ['check_interval_seconds']],
    ['two faults', { raw_query: 1, notify_behavior: 'never' }, ['raw_query', 'notify_behavior']],
    ['an owner', { raw_query: sentence, user_id: '0b54b8a2-8b0f-4f35-9a83-6d1b5f1f3f11' }, ['body']],
  ])('refuses %s', async (_, body, paths) => {
    const problem = await api.problem('createUserQuery', { body });
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.errors!.map(({ path }) => path)).toEqual(paths);
    expect(gateway.discovery.discover).not.toHaveBeenCalled();
  });

  test('refuses what is no JSON, and more than a megabyte of it', async () => {
    const send = (body: string) =>
      fetch(`${gateway.url}/api/v1/user-queries`, {
        method: 'POST',
        headers: { ...api.headers, 'content-type': 'application/json' },
        body,
      });
    const garbled = await send('{');
    expect(garbled.status).toBe(400);
    expect(await garbled.json()).toMatchObject({ code: 'invalid_request' });
    const endless = await send(JSON.stringify({ raw_query: 'a'.repeat(1024 * 1024) }));
    expect(endless.status).toBe(413);
    expect(await endless.json()).toMatchObject({ code: 'payload_too_large' });
  });
});

describe('a stored sentence', () => {
  const stored = (overrides: Parameters<typeof insertUserQuery>[1] = {}) =>
    insertUserQuery(gateway.db.database, { user_id: userId, ...overrides });
  const later = new Date(Date.now() + 30 * 86_400_000).toISOString();
  const secondsUntil = (time: string) => (Date.parse(time) - Date.now()) / 1000;

  test('is listed by status', async () => {
    const active = await stored({ created_at: secondsAgo(1) });
    const paused = await stored({ status: 'paused' });
    const ids = async (query = {}) =>
      (await api.ok('listUserQueries', { query })).body.data.map(({ id }) => id);
    expect(await ids()).toEqual([paused.id, active.id]);
    expect(await ids({ status: 'paused' })).toEqual([paused.id]);
  });

  test('changes what is named and asks discovery for nothing', async () => {
    const { id } = await stored({ condition: 'old' });
    const change = { raw_query: 'another sentence', condition: null, notify_behavior: 'always' };
    const { body } = await api.ok('updateUserQuery', { params: { id }, body: change });
    expect(body).toMatchObject({ ...change, status: 'active', check_interval_seconds: 3600 });
    expect(gateway.discovery.discover).not.toHaveBeenCalled();
  });

  test.each(['paused', 'completed'] as const)(
    'that is %s becomes active again with its sources due',
    async (status) => {
      const { id } = await stored({ status, ...(status === 'completed' && { completed_at: new Date() }) });
      await insertSource(gateway.db.database, { user_query_id: id, next_check_at: later });
      await insertSource(gateway.db.database, { user_query_id: id, next_check_at: later, status: 'paused' });
      const { body } = await api.ok('updateUserQuery', { params: { id }, body: { status: 'active' } });
      expect(body).toMatchObject({ status: 'active', completed_at: null });
      const due = Object.fromEntries(
        body.sources.map((source) => [source.status, secondsUntil(source.next_check_at)]),
      );
      expect(due['active']).toBeLessThanOrEqual(0);
      expect(due['paused']).toBeGreaterThan(86_400);
    },
  );

  test('that is active already is not checked sooner for being told so', async () => {
    const { id } = await stored();
    await insertSource(gateway.db.database, { user_query_id: id, next_check_at: later });
    const { body } = await api.ok('updateUserQuery', { params: { id }, body: { status: 'active' } });
    expect(body.sources[0]!.next_check_at).toBe(later);
  });

  test('with a shorter interval does not wait out the longer one', async () => {
    const { id } = await stored({ check_interval_seconds: 2_592_000 });
    await insertSource(gateway.db.database, { user_query_id: id, next_check_at: later });
    const { body } = await api.ok('updateUserQuery', {
      params: { id },
      body: { check_interval_seconds: 600 },
    });
    expect(secondsUntil(body.sources[0]!.next_check_at)).toBeGreaterThan(590);
    expect(secondsUntil(body.sources[0]!.next_check_at)).toBeLessThanOrEqual(600);
  });

  test.each([
    ['nothing', {}, 'body'],
    ['to be completed', { status: 'completed' }, 'status'],
    ['an interval below the minimum', { check_interval_seconds: 1 }, 'check_interval_seconds'],
  ])('refuses %s', async (_, body, path) => {
    const { id } = await stored();
    const problem = await api.problem('updateUserQuery', { params: { id }, body });
    expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path }] });
  });

  test('goes with its sources', async () => {
    const source = await insertSource(gateway.db.database, { user_id: userId });
    const params = { id: source.user_query_id };
    expect((await api.ok('deleteUserQuery', { params })).status).toBe(204);
    expect(await api.problem('getUserQuery', { params })).toMatchObject({ code: 'not_found' });
    expect(await api.problem('getMonitoredSource', { params: { id: source.id } })).toMatchObject({
      code: 'not_found',
    });
    expect(await api.problem('deleteUserQuery', { params })).toMatchObject({ code: 'not_found' });
  });
});
