import { createLinkSigner } from '@torale/secrets';
import { accountChannel, insertUserQuery, type TestUser } from '@torale/testing';
import { type Api, type GatewayHarness, secretsKey, startGateway } from './gateway-harness.ts';

let gateway: GatewayHarness;
let user: TestUser;
let api: Api;
let channelId: string;
let queryId: string;

beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  ({ user, api } = await gateway.newUser());
  channelId = (await accountChannel(gateway.db.database, user.id)).id;
  const raw_query = 'Tell me when <b>it</b> is "in stock"';
  queryId = (await insertUserQuery(gateway.db.database, { user_id: user.id, raw_query })).id;
});
afterAll(() => gateway.close());

const tokenOf = (claims: Record<string, string>, key = secretsKey, purpose = 'unsubscribe') =>
  createLinkSigner(key).sign(purpose, claims);
const ofQuery = () => tokenOf({ user_id: user.id, channel_id: channelId, user_query_id: queryId });
const ofChannel = () => tokenOf({ user_id: user.id, channel_id: channelId });
const urlOf = (token: string) => `${gateway.url}/api/v1/unsubscribe?token=${token}`;

/** As a mail program does it: RFC 8058, section 3.2. */
const oneClick = (token: string, headers: Record<string, string> = {}) =>
  fetch(urlOf(token), {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: 'List-Unsubscribe=One-Click',
  });
const unsubscribed = async () =>
  (await api.ok('getUserQuery', { params: { id: queryId } })).body.unsubscribed_channel_ids;
const isMuted = async () => (await api.ok('getChannel', { params: { id: channelId } })).body.muted;

test('one click ends a query at one channel, again changes nothing, and it can be undone', async () => {
  const token = await ofQuery();
  for (let time = 0; time < 2; time++) {
    const response = await oneClick(token);
    expect(response.status).toBe(200);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(await response.text()).toContain(
      'nothing more of “Tell me when &lt;b&gt;it&lt;/b&gt; is &quot;in stock&quot;”',
    );
    expect(await unsubscribed()).toEqual([channelId]);
  }
  expect(await isMuted()).toBe(false);

  const body = { unsubscribed_channel_ids: [] };
  await api.ok('updateUserQuery', { params: { id: queryId }, body });
  expect(await unsubscribed()).toEqual([]);
});

test('without a query it ends everything at the channel', async () => {
  expect((await oneClick(await ofChannel())).status).toBe(200);
  expect(await isMuted()).toBe(true);
  expect(await unsubscribed()).toEqual([]);
  await api.ok('updateChannel', { params: { id: channelId }, body: { muted: false } });
  expect(await isMuted()).toBe(false);
});

test('the page shows what it would end, and looking at it ends nothing', async () => {
  const url = urlOf(await ofQuery());
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.text()).toMatch(/<form method="post"><button>Unsubscribe<\/button><\/form>/);
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  expect(await unsubscribed()).toEqual([]);

  // The button.
  const clicked = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: '',
  });
  expect(await clicked.text()).toContain('<h1>Unsubscribed</h1>');
  expect(await (await fetch(url)).text()).toContain('<h1>Unsubscribed</h1>');
});

test.each([
  [
    'multipart/form-data; boundary=x',
    '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
  ],
  ['application/json', '{"not json'],
  ['text/plain', 'anything'],
])('a click whose body is %s counts too', async (type, body) => {
  const response = await fetch(urlOf(await ofQuery()), {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  expect(response.status).toBe(200);
  expect(await unsubscribed()).toEqual([channelId]);
});

test('a form goes nowhere else', async () => {
  const response = await fetch(`${gateway.url}/api/v1/user-queries`, {
    method: 'POST',
    headers: { ...api.headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'raw_query=from+a+form',
  });
  expect(response.status).toBe(415);
});

test('what is not signed here, or for something else, ends nothing', async () => {
  const claims = { user_id: user.id, channel_id: channelId };
  const { user: stranger } = await gateway.newUser();
  const tokens = [
    'nonsense',
    await tokenOf(claims, new Uint8Array(32).fill(9)),
    await tokenOf(claims, secretsKey, 'something-else'),
    await tokenOf({ user_id: user.id }),
    // Row level security keeps what is another user's from a link of one's own.
    await tokenOf({ user_id: stranger.id, channel_id: channelId }),
  ];
  for (const token of tokens) {
    const response = await oneClick(token);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('Nothing to unsubscribe');
  }
  expect((await fetch(`${gateway.url}/api/v1/unsubscribe`, { method: 'POST' })).status).toBe(400);
  expect(await isMuted()).toBe(false);
});

test('what is gone cannot be ended, and makes room', async () => {
  const { database } = gateway.db;
  const gone = Array.from({ length: 100 }, () => crypto.randomUUID());
  await database.kysely
    .updateTable('user_queries')
    .set({ unsubscribed_channel_ids: gone })
    .where('id', '=', queryId)
    .execute();
  const token = await ofQuery();
  expect((await oneClick(token)).status).toBe(200);
  expect(await unsubscribed()).toEqual([channelId]);
  await api.ok('deleteUserQuery', { params: { id: queryId } });
  expect((await oneClick(token)).status).toBe(404);
});

test('events of a mail provider are passed on as they came', async () => {
  gateway.notifications.recordSendGridEvents.mockResolvedValueOnce({ recorded: 1 });
  const body = '[{"event":"delivered"},\r\n{"event":"bounce"}]\r\n';
  const send = (headers: Record<string, string>, text = body) =>
    fetch(`${gateway.url}/api/v1/provider-events/sendgrid`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: text,
    });
  const response = await send({
    'x-twilio-email-event-webhook-signature': 'signed',
    'x-twilio-email-event-webhook-timestamp': '1700000000',
  });
  expect(await response.json()).toEqual({ recorded: 1 });
  expect(gateway.notifications.recordSendGridEvents).toHaveBeenLastCalledWith({
    body,
    signature: 'signed',
    timestamp: '1700000000',
  });
  gateway.notifications.recordSendGridEvents.mockResolvedValueOnce({ recorded: 0 });
  await send({}, '');
  expect(gateway.notifications.recordSendGridEvents).toHaveBeenLastCalledWith({
    body: '',
    signature: null,
    timestamp: null,
  });
});
