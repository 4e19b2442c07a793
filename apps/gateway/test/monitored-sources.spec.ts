import {
  insertAlert,
  insertCheckRun,
  insertContent,
  insertDelivery,
  insertSource,
  insertUserQuery,
} from '@torale/testing';
import { type Api, type GatewayHarness, publicUrl, secondsAgo, startGateway } from './gateway-harness.ts';

const WAIT_SECONDS = 1;

let gateway: GatewayHarness;
let api: Api;
let userId: string;

beforeAll(async () => {
  gateway = await startGateway({ CHECK_WAIT_SECONDS: String(WAIT_SECONDS) });
});
beforeEach(async () => {
  const created = await gateway.newUser();
  api = created.api;
  userId = created.user.id;
});
afterAll(() => gateway.close());

const checksOf = (sourceId: string) =>
  gateway.db.database.kysely.selectFrom('check_runs').selectAll().where('source_id', '=', sourceId).execute();

/** What the worker does at the end of a check. */
const finishCheckOf = (sourceId: string, { database } = gateway.db) =>
  database.kysely
    .updateTable('check_runs')
    .set({
      status: 'succeeded',
      outcome: 'ok',
      verdict: 'unchanged',
      started_at: new Date(),
      finished_at: new Date(),
    })
    .where('source_id', '=', sourceId)
    .where('status', '=', 'queued')
    .execute();

describe('adding a source', () => {
  test('starts its first check', async () => {
    const query = await insertUserQuery(gateway.db.database, { user_id: userId });
    const { status, body } = await api.ok('createMonitoredSource', {
      body: { user_query_id: query.id, url: publicUrl('/page'), title: 'A page' },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ url: publicUrl('/page'), kind: 'page', title: 'A page', origin: 'manual' });
    expect(await checksOf(body.id)).toEqual([
      expect.objectContaining({ trigger: 'initial', status: 'queued' }),
    ]);
    expect((await api.ok('getMonitoredSource', { params: { id: body.id } })).body).toEqual(body);
    expect((await api.ok('listMonitoredSources')).body.data).toEqual([body]);
  });

  test('to a query that rests starts no check', async () => {
    const query = await insertUserQuery(gateway.db.database, { user_id: userId, status: 'paused' });
    const { body } = await api.ok('createMonitoredSource', {
      body: { user_query_id: query.id, url: publicUrl(), kind: 'feed' },
    });
    expect(await checksOf(body.id)).toEqual([]);
  });

  test('twice is a conflict', async () => {
    const query = await insertUserQuery(gateway.db.database, { user_id: userId });
    const body = { user_query_id: query.id, url: publicUrl() };
    await api.ok('createMonitoredSource', { body });
    expect(await api.problem('createMonitoredSource', { body })).toMatchObject({
      status: 409,
      code: 'conflict',
    });
  });

  test.each([
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://169.254.169.254/latest/meta-data',
    'http://2130706433/',
  ])('at %s is refused', async (url) => {
    const query = await insertUserQuery(gateway.db.database, { user_id: userId });
    const problem = await api.problem('createMonitoredSource', { body: { user_query_id: query.id, url } });
    expect(problem).toMatchObject({ status: 422, code: 'address_refused', errors: [{ path: 'url' }] });
    expect((await api.ok('listMonitoredSources')).body.data).toEqual([]);
  });

  test.each([
    ['no URL', { url: 'example' }, 'url'],
    ['another scheme', { url: 'file:///etc/passwd' }, 'url'],
    ['a kind that only discovery finds', { url: publicUrl(), kind: 'search' }, 'kind'],
    ['no id', { url: publicUrl(), user_query_id: '1' }, 'user_query_id'],
    ['a URL with U+0000', { url: `${publicUrl()}\0` }, 'url'],
  ])('with %s is refused', async (_, change, path) => {
    const query = await insertUserQuery(gateway.db.database, { user_id: userId });
    const problem = await api.problem('createMonitoredSource', {
      body: { user_query_id: query.id, ...change },
    });
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ path }] });
  });
});

describe('a source', () => {
  test('can be renamed, paused and resumed, and is due when it is resumed', async () => {
    const next_check_at = new Date(Date.now() + 86_400_000).toISOString();
    const { id } = await insertSource(gateway.db.database, { user_id: userId, next_check_at });
    const paused = await api.ok('updateMonitoredSource', {
      params: { id },
      body: { status: 'paused', title: 'Mine' },
    });
    expect(paused.body).toMatchObject({ status: 'paused', title: 'Mine', next_check_at });
    const resumed = await api.ok('updateMonitoredSource', { params: { id }, body: { status: 'active' } });
    expect(resumed.body).toMatchObject({ status: 'active', title: 'Mine' });
    expect(Date.parse(resumed.body.next_check_at)).toBeLessThanOrEqual(Date.now());
    const untitled = await api.ok('updateMonitoredSource', { params: { id }, body: { title: null } });
    expect(untitled.body).toMatchObject({ title: null, next_check_at: resumed.body.next_check_at });
  });

  test('goes and leaves its alerts', async () => {
    const source = await insertSource(gateway.db.database, { user_id: userId });
    const alert = await insertAlert(gateway.db.database, { source_id: source.id });
    expect((await api.ok('deleteMonitoredSource', { params: { id: source.id } })).status).toBe(204);
    const { body } = await api.ok('getAlert', { params: { id: alert.id } });
    expect(body).toMatchObject({ source_id: null, source_url: source.url });
  });
});

describe('checking now', () => {
  test('answers 202 with the check and its place when it takes too long', async () => {
    const { id } = await insertSource(gateway.db.database, { user_id: userId });
    const startedAt = Date.now();
    const { status, headers, body } = await api.ok('checkMonitoredSource', { params: { id } });
    expect(status).toBe(202);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(WAIT_SECONDS * 1000);
    expect(body).toMatchObject({ status: 'queued', finished_at: null, alert_id: null });
    expect(headers.get('location')).toBe(`/api/v1/monitored-sources/${id}/checks/${body.id}`);
    await finishCheckOf(id);
    const later = await fetch(new URL(headers.get('location')!, gateway.url), { headers: api.headers });
    expect(await later.json()).toMatchObject({ id: body.id, status: 'succeeded' });
  });

  test('by many at once is one check', async () => {
    const { id } = await insertSource(gateway.db.database, { user_id: userId });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => api.ok('checkMonitoredSource', { params: { id } })),
    );
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await checksOf(id)).toHaveLength(1);
  });

  test('joins the check that the schedule started', async () => {
    const check = await insertCheckRun(gateway.db.database, {
      user_id: userId,
      trigger: 'schedule',
      status: 'running',
    });
    const { body } = await api.ok('checkMonitoredSource', { params: { id: check.source_id } });
    expect(body).toMatchObject({ id: check.id, trigger: 'schedule', status: 'running' });
  });

  test.each([
    ['a paused query', { status: 'paused' }, {}],
    ['a completed query', { status: 'completed' }, {}],
    ['a paused source', {}, { status: 'paused' }],
  ] as const)('is refused for %s', async (_, query, source) => {
    const { id: user_query_id } = await insertUserQuery(gateway.db.database, { user_id: userId, ...query });
    const { id } = await insertSource(gateway.db.database, { user_query_id, ...source });
    const problem = await api.problem('checkMonitoredSource', { params: { id } });
    expect(problem).toMatchObject({ status: 409, code: 'query_not_active' });
    expect(await checksOf(id)).toEqual([]);
  });
});

test('checks are listed newest first, with the alert that one led to', async () => {
  const source = await insertSource(gateway.db.database, { user_id: userId });
  const base = { source_id: source.id, status: 'succeeded' } as const;
  const first = await insertCheckRun(gateway.db.database, {
    ...base,
    verdict: 'baseline',
    created_at: secondsAgo(1),
  });
  const second = await insertCheckRun(gateway.db.database, { ...base, verdict: 'alert' });
  const alert = await insertAlert(gateway.db.database, { source_id: source.id, check_id: second.id });
  const { body } = await api.ok('listChecks', { params: { id: source.id } });
  expect(body.data.map(({ id, alert_id }) => [id, alert_id])).toEqual([
    [second.id, alert.id],
    [first.id, null],
  ]);
  const page = await api.ok('listChecks', { params: { id: source.id }, query: { limit: 1 } });
  const next = await api.ok('listChecks', {
    params: { id: source.id },
    query: { limit: 1, cursor: page.body.next_cursor! },
  });
  expect([...page.body.data, ...next.body.data]).toEqual(body.data);
  const one = await api.ok('getCheck', { params: { id: source.id, check_id: second.id } });
  expect(one.body).toMatchObject({ ...body.data[0], explanation: null });
});

test('a check is one record from its dispatch to its deliveries, with what made up for its failures', async () => {
  const { database } = gateway.db;
  const source = await insertSource(database, { user_id: userId });
  const at = (second: number) => `2026-11-22T08:00:${String(second).padStart(2, '0')}.000Z`;
  const attempt = { ended_at: null, ok: null, step: null, error: null, worker: 'here:1' };
  const content = await insertContent(database, { source_id: source.id });
  const check = await insertCheckRun(database, {
    source_id: source.id,
    status: 'succeeded',
    outcome: 'ok',
    verdict: 'alert',
    queued_at: at(0),
    enqueued_at: at(1),
    started_at: at(2),
    finished_at: at(20),
    after_content_id: content.id,
    attempts: JSON.stringify([
      { ...attempt, started_at: at(2), ended_at: at(3), ok: false, step: 'read', error: 'away' },
      { ...attempt, started_at: at(10), ended_at: at(20), ok: true, step: 'judge' },
    ]),
  });
  await database.kysely
    .insertInto('events')
    .values({
      type: 'content.changed',
      user_id: userId,
      data: JSON.stringify({ source_id: source.id, content_id: content.id }),
      created_at: at(15),
    })
    .execute();
  const alert = await insertAlert(database, { source_id: source.id, check_id: check.id, created_at: at(20) });
  const delivery = await insertDelivery(database, {
    alert_id: alert.id,
    status: 'sent',
    created_at: at(21),
    sent_at: at(23),
    attempts: JSON.stringify([
      { at: at(23), ok: true, response_status: 202, error: null, duration_ms: 1000 },
    ]),
  });
  const { body } = await api.ok('getCheck', { params: { id: source.id, check_id: check.id } });
  const worker = 'here:1';
  expect(body.steps).toEqual([
    {
      name: 'dispatch',
      status: 'succeeded',
      detail: null,
      delivery_id: null,
      started_at: at(0),
      ended_at: at(1),
      attempts: [],
    },
    {
      name: 'read',
      status: 'succeeded',
      detail: 'ok',
      delivery_id: null,
      started_at: at(2),
      ended_at: at(15),
      attempts: [
        { started_at: at(2), ended_at: at(3), ok: false, error: 'away', worker },
        { started_at: at(10), ended_at: at(15), ok: true, error: null, worker },
      ],
    },
    {
      name: 'judge',
      status: 'succeeded',
      detail: 'alert',
      delivery_id: null,
      started_at: at(15),
      ended_at: at(20),
      attempts: [{ started_at: at(15), ended_at: at(20), ok: true, error: null, worker }],
    },
    {
      name: 'tell',
      status: 'succeeded',
      detail: null,
      delivery_id: null,
      started_at: at(20),
      ended_at: at(21),
      attempts: [],
    },
    {
      name: 'deliver',
      status: 'succeeded',
      detail: `email to ${delivery.target}: sent`,
      delivery_id: delivery.id,
      started_at: at(21),
      ended_at: at(23),
      attempts: [{ started_at: at(22), ended_at: at(23), ok: true, error: null, worker: null }],
    },
  ]);
  expect(body.compensation).toEqual([{ kind: 'tried_again', step: 'read', at: at(10), detail: 'away' }]);
});

describe('a gateway that waits for long', () => {
  let patient: GatewayHarness;
  beforeEach(async () => {
    patient = await startGateway({ CHECK_WAIT_SECONDS: '30' });
  });
  afterEach(() => patient.close());

  const checked = async () => {
    const { user, api } = await patient.newUser();
    const { id } = await insertSource(patient.db.database, { user_id: user.id });
    return { id, answer: api.ok('checkMonitoredSource', { params: { id } }) };
  };

  test('gives the check when it is finished', async () => {
    const { id, answer } = await checked();
    while ((await finishCheckOf(id, patient.db))[0]!.numUpdatedRows === 0n)
      await new Promise((r) => setTimeout(r, 20));
    const { status, body } = await answer;
    expect(status).toBe(200);
    expect(body).toMatchObject({
      source_id: id,
      trigger: 'manual',
      status: 'succeeded',
      verdict: 'unchanged',
    });
  });

  test('answers at once when it stops', async () => {
    const { answer } = await checked();
    const queued = () => patient.db.database.kysely.selectFrom('check_runs').select('id').execute();
    while ((await queued()).length === 0) await new Promise((r) => setTimeout(r, 20));
    await patient.app.close();
    expect((await answer).status).toBe(202);
  });
});
