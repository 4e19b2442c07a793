import { insertDelivery } from '@torale/testing';
import { type Api, type GatewayHarness, startGateway } from './gateway-harness.ts';

let gateway: GatewayHarness;
let api: Api;
let userId: string;

beforeAll(async () => {
  gateway = await startGateway();
  const { user, api: own } = await gateway.newUser();
  [userId, api] = [user.id, own];
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.notifications.replay.mockReset();
  gateway.notifications.replay.mockResolvedValue({ replayed: 1, more: false });
});

test('a delivery is shown with its attempts and why it failed', async () => {
  const attempt = {
    at: '2026-11-22T08:00:00.000Z',
    ok: false,
    response_status: 500,
    error: 'The webhook answered 500: no',
    duration_ms: 12,
    response_excerpt: 'no',
  };
  const { id, channel_id } = await insertDelivery(gateway.db.database, {
    user_id: userId,
    status: 'failed',
    reason: attempt.error,
    attempts: JSON.stringify([attempt]),
  });
  const { body } = await api.ok('getDelivery', { params: { id } });
  expect(body).toMatchObject({
    id,
    channel_id,
    status: 'failed',
    reason: attempt.error,
    attempts: [attempt],
  });
});

test('one is made again, or those of a channel and a time', async () => {
  const { id, channel_id } = await insertDelivery(gateway.db.database, { user_id: userId, status: 'failed' });
  expect(await api.ok('replayDelivery', { params: { id } })).toMatchObject({
    status: 202,
    body: { replayed: 1, more: false },
  });
  expect(gateway.notifications.replay).toHaveBeenLastCalledWith({ delivery_id: id });

  const time = { from: '2026-11-20T00:00:00.000Z', to: '2026-11-22T00:00:00.000Z' };
  await api.ok('replayDeliveries', { body: { channel_id: channel_id!, ...time } });
  expect(gateway.notifications.replay).toHaveBeenLastCalledWith({
    channel_id,
    ...time,
    statuses: ['failed', 'bounced'],
  });
});

test.each([
  [{ from: '2026-11-22T00:00:00.000Z', to: '2026-11-22T00:00:00.000Z' }, 'to'],
  [{ from: '2026-11-20T00:00:00.000Z', to: '2026-11-22T00:00:00.000Z', statuses: ['queued'] }, 'statuses.0'],
])('what cannot be made again is refused: %j', async (wanted, path) => {
  const { channel_id } = await insertDelivery(gateway.db.database, { user_id: userId });
  const problem = await api.problem('replayDeliveries', {
    body: { channel_id, ...wanted } as never,
  });
  expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path }] });
  expect(gateway.notifications.replay).not.toHaveBeenCalled();
});

test('anyone may read the keys of signatures; they are asked for once in a while', async () => {
  const key = {
    kty: 'OKP' as const,
    crv: 'Ed25519' as const,
    x: 'eHg',
    kid: 'k',
    alg: 'EdDSA' as const,
    use: 'sig' as const,
  };
  const { signingKeys } = gateway.notifications;
  signingKeys.mockRejectedValueOnce(new Error('down'));
  signingKeys.mockResolvedValue({ keys: [key] });
  const url = new URL('/.well-known/jwks.json', gateway.url);
  expect((await fetch(url)).status).toBe(500);
  for (let call = 1; call <= 3; call += 1) {
    const response = await fetch(url);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await response.json()).toEqual({ keys: [key] });
  }
  expect(signingKeys).toHaveBeenCalledTimes(2);
});
