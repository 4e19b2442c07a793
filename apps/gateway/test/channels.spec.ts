import { AppError, type CreateChannel, sealedChannelSettingsSchema } from '@torale/contracts';
import { createSealer } from '@torale/secrets';
import { type Api, type GatewayHarness, publicUrl, secretsKey, startGateway } from './gateway-harness.ts';

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

const token = '123456789:AAF-secretSecretSecretSecretSecret';
const keys = {
  p256dh: 'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM',
  auth: 'tBHItJI5svbpez7KI4CCXg',
};

/** Of every kind: what is asked for, what is shown of it, what must never be. */
const kinds: [CreateChannel, target: string | RegExp, secret: string | null][] = [
  [{ kind: 'email', address: 'you@example.org' }, 'you@example.org', null],
  [
    { kind: 'webhook', url: publicUrl('/hook?a=1'), headers: { authorization: 'Bearer hunter2' } },
    publicUrl('/hook?a=1'),
    'hunter2',
  ],
  [
    { kind: 'slack', url: publicUrl('/services/T000/B000/hunter2hunter2hunter2x4Qz') },
    '93.184.215.14/…x4Qz',
    'hunter2',
  ],
  [
    { kind: 'discord', url: publicUrl('/api/webhooks/1234567890/hunter2hunter2hunter2-abcd?wait=true') },
    '93.184.215.14/…abcd',
    'hunter2',
  ],
  [
    {
      kind: 'teams',
      url: publicUrl(
        '/workflows/1/triggers/manual/paths/invoke?api-version=1&sig=hunter2hunter2hunter2_sig4',
      ),
    },
    '93.184.215.14/…sig4',
    'hunter2',
  ],
  [{ kind: 'telegram', bot_token: token, chat_id: '-1001234' }, '-1001234', token],
  [
    { kind: 'ntfy', server: publicUrl('/'), topic: 'my-alerts', token: 'tk_hunter2' },
    '93.184.215.14/my-alerts',
    'hunter2',
  ],
  [
    { kind: 'web_push', subscription: { endpoint: publicUrl('/push/hunter2'), keys } },
    /^93\.184\.215\.14 [0-9a-f]{8}$/,
    'hunter2',
  ],
];

const stored = (id: string) =>
  gateway.db.database.kysely
    .selectFrom('notification_channels')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
const secretsOf = (id: string) =>
  gateway.db.database.kysely
    .selectFrom('channel_secrets')
    .selectAll()
    .where('channel_id', '=', id)
    .orderBy('created_at')
    .execute();
const sealer = createSealer(secretsKey);

describe('a channel', () => {
  test.each(kinds)('is stored with what is secret sealed: %j', async (body, target, secret) => {
    const { status, body: created } = await api.ok('createChannel', { body });
    expect(status).toBe(201);
    expect(created).toMatchObject({
      kind: body.kind,
      target: typeof target === 'string' ? target : expect.stringMatching(target),
      status: 'pending',
      is_default: true,
      verification: 'A code was sent.',
    });
    expect(gateway.notifications.startVerification).toHaveBeenLastCalledWith({ channel_id: created.id });
    const row = await stored(created.id);
    const answers = [created, (await api.ok('getChannel', { params: { id: created.id } })).body];
    if (secret) {
      expect(JSON.stringify([answers, row])).not.toContain(secret);
      const opened = sealedChannelSettingsSchema.parse(await sealer.open(userId, row.settings_sealed!));
      expect(opened.kind).toBe(body.kind);
      expect(JSON.stringify(opened)).toContain(secret);
    } else {
      expect(row.settings_sealed).toBeNull();
    }
    expect(await api.problem('createChannel', { body })).toMatchObject({ status: 409, code: 'conflict' });
  });

  test('of a webhook shows its secret once, of the length that Standard Webhooks asks for', async () => {
    const { body } = await api.ok('createChannel', { body: { kind: 'webhook', url: publicUrl('/hook') } });
    const { secret, verification: _, ...shown } = body;
    const [, base64] = /^whsec_(.+)$/.exec(secret!)!;
    expect(Buffer.from(base64!, 'base64')).toHaveLength(32);
    const [row] = await secretsOf(body.id);
    expect(row!.expires_at).toBeNull();
    expect(await sealer.open(userId, row!.secret_sealed)).toBe(secret);
    const { body: list } = await api.ok('listChannels');
    expect(list.data).toEqual([shown, expect.objectContaining({ is_account: true, status: 'verified' })]);
  });

  test('whose verification cannot begin is there, and says so', async () => {
    gateway.notifications.startVerification.mockRejectedValueOnce(
      new AppError('service_unavailable', 'The service notifications is not available'),
    );
    const { body } = await api.ok('createChannel', { body: { kind: 'email', address: 'a@example.org' } });
    expect(body.verification).toMatch(/notifications is not available.*\/verification/);
    expect((await api.ok('getChannel', { params: { id: body.id } })).body.status).toBe('pending');
  });

  test.each<[string, object, number, string]>([
    ['a private address', { kind: 'webhook', url: 'http://10.0.0.1/hook' }, 422, 'url'],
    ['a private address of Slack', { kind: 'slack', url: 'http://169.254.169.254/' }, 422, 'url'],
    ['a private address of Discord', { kind: 'discord', url: 'http://[::1]/' }, 422, 'url'],
    ['a private address of Teams', { kind: 'teams', url: 'http://2130706433/' }, 422, 'url'],
    ['a private server of ntfy', { kind: 'ntfy', server: 'http://127.0.0.1', topic: 'a' }, 422, 'server'],
    [
      'a private push service',
      { kind: 'web_push', subscription: { endpoint: 'http://127.0.0.1/', keys } },
      422,
      'subscription.endpoint',
    ],
    ['a password in a URL', { kind: 'webhook', url: 'http://a:b@93.184.215.14/' }, 400, 'url'],
    ['another scheme', { kind: 'slack', url: 'file:///etc/passwd' }, 400, 'url'],
    ['no address', { kind: 'email', address: 'nobody' }, 400, 'address'],
    ['two addresses', { kind: 'email', address: 'a@example.org, b@example.org' }, 400, 'address'],
    ['a kind that is none', { kind: 'pigeon' }, 400, 'kind'],
    ['a path as topic', { kind: 'ntfy', topic: '../admin' }, 400, 'topic'],
    ['a path as chat', { kind: 'telegram', bot_token: token, chat_id: '1/../getMe' }, 400, 'chat_id'],
    ['a path as token', { kind: 'telegram', bot_token: 'a/../b', chat_id: '1' }, 400, 'bot_token'],
    [
      "a header of Torale's",
      { kind: 'webhook', url: publicUrl(), headers: { 'Webhook-Signature': 'v1,x' } },
      400,
      'headers.Webhook-Signature',
    ],
    [
      'a header of two lines',
      { kind: 'webhook', url: publicUrl(), headers: { 'x-a': 'a\r\nx-b: b' } },
      400,
      'headers.x-a',
    ],
    [
      'a header that no connection takes',
      { kind: 'webhook', url: publicUrl(), headers: { TE: 'trailers' } },
      400,
      'headers.TE',
    ],
    [
      'a header of letters that headers do not have',
      { kind: 'webhook', url: publicUrl(), headers: { 'x-a': '499 €' } },
      400,
      'headers.x-a',
    ],
    ['a key of two lines', { kind: 'ntfy', topic: 'a', token: 'tk_a\nb' }, 400, 'token'],
  ])('is refused for %s', async (_, body, status, path) => {
    const problem = await api.problem('createChannel', { body });
    expect(problem).toMatchObject({ status, errors: [{ path }] });
    expect((await api.ok('listChannels')).body.data).toHaveLength(1);
  });

  test('is renamed, kept from the defaults and removed', async () => {
    const { body } = await api.ok('createChannel', {
      body: { kind: 'email', address: 'b@example.org', name: 'Work' },
    });
    const params = { id: body.id };
    const changed = await api.ok('updateChannel', { params, body: { name: null, is_default: false } });
    expect(changed.body).toMatchObject({ name: null, is_default: false });
    for (const field of [{ headers: { 'x-a': 'b' } }, { http_message_signatures: true }]) {
      const problem = await api.problem('updateChannel', { params, body: field });
      expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path: Object.keys(field)[0] }] });
    }
    expect((await api.ok('deleteChannel', { params })).status).toBe(204);
    expect(await api.problem('deleteChannel', { params })).toMatchObject({ code: 'not_found' });
  });

  test('that is the address of the account stays', async () => {
    const [account] = (await api.ok('listChannels')).body.data;
    const problem = await api.problem('deleteChannel', { params: { id: account!.id } });
    expect(problem).toMatchObject({ code: 'conflict' });
    expect((await api.ok('listChannels')).body.data).toEqual([account]);
  });

  test('has its headers sealed anew when they change', async () => {
    const { body } = await api.ok('createChannel', {
      body: { kind: 'webhook', url: publicUrl('/hook'), headers: { 'x-old': 'hunter2' } },
    });
    const params = { id: body.id };
    expect(body.settings).toEqual({ header_names: ['x-old'], http_message_signatures: false });
    const open = async () => sealer.open(userId, (await stored(body.id)).settings_sealed!);
    const signed = await api.ok('updateChannel', { params, body: { http_message_signatures: true } });
    expect(signed.body.settings).toEqual({ header_names: ['x-old'], http_message_signatures: true });
    expect(await open()).toEqual({ kind: 'webhook', headers: { 'x-old': 'hunter2' } });
    const changed = await api.ok('updateChannel', { params, body: { headers: { 'x-new': 'hunter3' } } });
    expect(changed.body.settings).toEqual({ header_names: ['x-new'], http_message_signatures: true });
    expect(await open()).toEqual({ kind: 'webhook', headers: { 'x-new': 'hunter3' } });
    await api.ok('updateChannel', { params, body: { headers: null } });
    expect(await open()).toEqual({ kind: 'webhook', headers: {} });
  });
});

describe('verification and tries', () => {
  const add = async () =>
    (await api.ok('createChannel', { body: { kind: 'email', address: 'c@example.org' } })).body.id;

  test('are the notification service’s, of a channel of the caller’s', async () => {
    const id = await add();
    gateway.notifications.testChannel.mockResolvedValueOnce({
      ok: true,
      response_status: 202,
      detail: null,
      duration_ms: 12,
    });
    const sent = await api.ok('sendChannelCode', { params: { id } });
    expect(sent.body).toEqual({ status: 'pending', detail: 'A code was sent.' });
    await api.ok('verifyChannel', { params: { id }, body: { code: ' 123456 ' } });
    expect(gateway.notifications.confirmVerification).toHaveBeenLastCalledWith({
      channel_id: id,
      code: '123456',
    });
    expect((await api.ok('testChannel', { params: { id } })).body.response_status).toBe(202);
  });

  test('say when they may be repeated', async () => {
    const id = await add();
    gateway.notifications.startVerification.mockRejectedValueOnce(
      new AppError('rate_limited', 'A code was sent a moment ago', { retry_after_seconds: 40 }),
    );
    expect(await api.problem('sendChannelCode', { params: { id } })).toMatchObject({
      status: 429,
      code: 'rate_limited',
    });
  });

  test.each(['12345', '1234567', 'abcdef', '12 456', ''])('refuse the code %j', async (code) => {
    const id = await add().catch(() => '');
    const problem = await api.problem('verifyChannel', { params: { id }, body: { code } });
    expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path: 'code' }] });
  });
});

test('a page gets the key to subscribe with', async () => {
  gateway.notifications.webPushKey.mockResolvedValueOnce({ public_key: 'BPublic' });
  expect((await api.ok('getWebPushKey')).body).toEqual({ public_key: 'BPublic' });
});

describe('rotation', () => {
  test('gives a new secret and lets the old one sign for a while', async () => {
    const { body } = await api.ok('createChannel', { body: { kind: 'webhook', url: publicUrl('/hook') } });
    const params = { id: body.id };
    const { body: rotated } = await api.ok('rotateChannelSecret', { params, body: { overlap_hours: 2 } });
    const [old, fresh] = await secretsOf(body.id);
    expect(await sealer.open(userId, fresh!.secret_sealed)).toBe(rotated.secret);
    expect(rotated.secret).not.toBe(body.secret);
    expect(fresh!.expires_at).toBeNull();
    expect(old!.expires_at).toBe(rotated.old_expire_at);
    const hours = (Date.parse(rotated.old_expire_at) - Date.now()) / 3_600_000;
    expect(hours).toBeCloseTo(2, 1);

    // A longer overlap later does not prolong what ends before.
    await api.ok('rotateChannelSecret', { params, body: { overlap_hours: 100 } });
    expect((await secretsOf(body.id))[0]!.expires_at).toBe(rotated.old_expire_at);
  });

  test('is for webhooks, and for no more secrets than a request can carry signatures', async () => {
    const mail = await api.ok('createChannel', { body: { kind: 'email', address: 'd@example.org' } });
    expect(
      await api.problem('rotateChannelSecret', { params: { id: mail.body.id }, body: {} }),
    ).toMatchObject({
      code: 'invalid_request',
    });
    const { body } = await api.ok('createChannel', { body: { kind: 'webhook', url: publicUrl('/hook') } });
    const params = { id: body.id };
    for (let i = 0; i < 4; i++) await api.ok('rotateChannelSecret', { params, body: {} });
    const before = await secretsOf(body.id);
    expect(await api.problem('rotateChannelSecret', { params, body: {} })).toMatchObject({
      code: 'conflict',
    });
    expect(await secretsOf(body.id)).toEqual(before);
    await api.ok('rotateChannelSecret', { params, body: { overlap_hours: 0 } });
  });
});
