import { insertAlert, insertDelivery } from '@torale/testing';
import { type Api, type GatewayHarness, publicUrl, startGateway } from './gateway-harness.ts';

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
    const seen = await insertAlert(gateway.db.database, { user_id: userId, acknowledged_at: new Date() });
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
  const defaults = { email_enabled: true, email_address: null, webhook_enabled: true, min_severity: 'low' };
  const stored = async () => (await api.ok('getNotificationPreferences')).body;

  test('are the defaults until some are set, and keep what is left out', async () => {
    expect(await stored()).toEqual(defaults);
    const none = await api.ok('updateNotificationPreferences', { body: {} });
    expect(none.body).toEqual(defaults);
    await api.ok('updateNotificationPreferences', { body: { min_severity: 'high' } });
    const { body } = await api.ok('updateNotificationPreferences', {
      body: { email_enabled: false, email_address: 'me@example.org' },
    });
    const expected = {
      ...defaults,
      min_severity: 'high',
      email_enabled: false,
      email_address: 'me@example.org',
    };
    expect(body).toEqual(expected);
    expect(await stored()).toEqual(expected);
  });

  test.each([
    [{ email_address: 'nobody' }, 'email_address'],
    [{ min_severity: 'extreme' }, 'min_severity'],
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
    .values({ user_id: userId, delivery_id: delivery.id, ...mail })
    .execute();
  const { body } = await api.ok('listOutbox');
  expect(body.data).toEqual([expect.objectContaining({ ...mail, delivery_id: delivery.id })]);
});

describe('webhooks', () => {
  test('show their secret once, of the length that Standard Webhooks asks for', async () => {
    const { status, body } = await api.ok('createWebhook', {
      body: { url: publicUrl('/hook'), description: 'Mine' },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ url: publicUrl('/hook'), description: 'Mine' });
    const [, secret] = /^whsec_(.+)$/.exec(body.secret)!;
    expect(Buffer.from(secret!, 'base64')).toHaveLength(32);
    const { secret: _, ...shown } = body;
    const { body: list } = await api.ok('listWebhooks');
    expect(list.data).toEqual([shown]);
    const row = await gateway.db.database.kysely
      .selectFrom('webhook_endpoints')
      .selectAll()
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ user_id: userId, secret: body.secret });
  });

  test('are registered once each and can be removed', async () => {
    const { body } = await api.ok('createWebhook', { body: { url: publicUrl('/hook') } });
    const again = await api.problem('createWebhook', { body: { url: publicUrl('/hook') } });
    expect(again).toMatchObject({ status: 409, code: 'conflict' });
    expect((await api.ok('deleteWebhook', { params: { id: body.id } })).status).toBe(204);
    expect(await api.problem('deleteWebhook', { params: { id: body.id } })).toMatchObject({
      code: 'not_found',
    });
    await api.ok('createWebhook', { body: { url: publicUrl('/hook') } });
  });

  test('on private addresses are refused', async () => {
    const problem = await api.problem('createWebhook', { body: { url: 'http://10.0.0.1/hook' } });
    expect(problem).toMatchObject({ status: 422, code: 'address_refused', errors: [{ path: 'url' }] });
  });
});
