import { defaultNotificationPreferences } from '@torale/contracts';
import { insertAlert, insertDelivery } from '@torale/testing';
import { type Api, type GatewayHarness, secondsAgo, startGateway } from './gateway-harness.ts';

let gateway: GatewayHarness;
let api: Api;
let userId: string;

beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  const created = await gateway.newUser();
  api = created.api;
  userId = created.user.id;
});
afterAll(() => gateway.close());

describe('alerts', () => {
  test('are listed newest first, by query and by whether they were seen', async () => {
    const seen = await insertAlert(gateway.db.database, {
      user_id: userId,
      acknowledged_at: new Date(),
      created_at: secondsAgo(1),
    });
    const fresh = await insertAlert(gateway.db.database, { user_id: userId });
    const ids = async (query: Record<string, string> = {}) =>
      (await api.ok('listAlerts', { query })).body.data.map(({ id }) => id);
    expect(await ids()).toEqual([fresh.id, seen.id]);
    expect(await ids({ acknowledged: 'true' })).toEqual([seen.id]);
    expect(await ids({ acknowledged: 'false' })).toEqual([fresh.id]);
    expect(await ids({ user_query_id: seen.user_query_id })).toEqual([seen.id]);
  });

  test('carry their evidence', async () => {
    const alert = await insertAlert(gateway.db.database, { user_id: userId });
    const { body } = await api.ok('getAlert', { params: { id: alert.id } });
    expect(body.evidence).toEqual([
      { kind: 'edited', before: 'Price: $549', after: 'Price: $499', path: [], source_url: alert.source_url },
    ]);
  });

  test('are acknowledged once, however often they are', async () => {
    const alert = await insertAlert(gateway.db.database, { user_id: userId });
    const params = { id: alert.id };
    const first = await api.ok('acknowledgeAlert', { params });
    expect(first.body.acknowledged_at).not.toBeNull();
    const second = await api.ok('acknowledgeAlert', { params });
    expect(second.body).toEqual(first.body);
  });
});

describe('preferences', () => {
  const stored = async () => (await api.ok('getNotificationPreferences')).body;

  test('are the defaults until some are set, and keep what is left out', async () => {
    expect(await stored()).toEqual(defaultNotificationPreferences);
    const none = await api.ok('updateNotificationPreferences', { body: {} });
    expect(none.body).toEqual(defaultNotificationPreferences);
    const changes = [
      { min_severity: 'high', mode: 'daily', daily_at: '07:30', time_zone: 'Europe/Berlin' },
      { quiet_hours: { from: '22:00', to: '07:00' }, max_per_day: 5, completed_notices: true },
    ];
    for (const body of changes) await api.ok('updateNotificationPreferences', { body });
    const expected = { ...defaultNotificationPreferences, ...changes[0], ...changes[1] };
    expect(await stored()).toEqual(expected);
    const { body } = await api.ok('updateNotificationPreferences', {
      body: { quiet_hours: null, max_per_day: null },
    });
    expect(body).toEqual({ ...expected, quiet_hours: null, max_per_day: null });
  });

  test.each([
    [{ min_severity: 'extreme' }, 'min_severity'],
    [{ daily_at: '25:00' }, 'daily_at'],
    [{ quiet_hours: { from: '22:00' } }, 'quiet_hours.to'],
    [{ user_id: '0b54b8a2-8b0f-4f35-9a83-6d1b5f1f3f11' }, 'body'],
  ])('refuse %j', async (body, path) => {
    const problem = await api.problem('updateNotificationPreferences', { body });
    expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path }] });
  });
});

test('deliveries are listed by alert and by status, with their attempts', async () => {
  const attempt = {
    at: '2026-11-22T10:00:00.000Z',
    ok: false,
    response_status: 500,
    error: 'server error',
    duration_ms: 12,
  };
  const failed = await insertDelivery(gateway.db.database, {
    user_id: userId,
    status: 'failed',
    attempts: JSON.stringify([attempt]),
    created_at: secondsAgo(1),
  });
  const queued = await insertDelivery(gateway.db.database, { user_id: userId });
  const list = async (query: Record<string, string> = {}) =>
    (await api.ok('listDeliveries', { query })).body.data;
  expect((await list()).map(({ id }) => id)).toEqual([queued.id, failed.id]);
  expect(await list({ status: 'failed' })).toEqual([
    expect.objectContaining({ id: failed.id, attempts: [attempt], provider: null }),
  ]);
  expect((await list({ alert_id: queued.alert_id! })).map(({ id }) => id)).toEqual([queued.id]);
});

test('the outbox holds the mails that were not sent', async () => {
  const delivery = await insertDelivery(gateway.db.database, { user_id: userId });
  const mail = {
    to_address: 'me@example.org',
    subject: 'Price',
    text_body: 'dropped',
    html_body: '<p>dropped',
  };
  await gateway.db.database.kysely
    .insertInto('outbox_emails')
    .values({ user_id: userId, delivery_id: delivery.id, message_id: delivery.id, ...mail })
    .execute();
  const { body } = await api.ok('listOutbox');
  expect(body.data).toEqual([expect.objectContaining({ ...mail, delivery_id: delivery.id })]);
});
