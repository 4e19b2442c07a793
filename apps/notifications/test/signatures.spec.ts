import { createHash } from 'node:crypto';
import type { NotificationsApi } from '@torale/contracts';
import {
  createTestDatabase,
  insertAlert,
  insertDelivery,
  type TestDatabase,
  WebhookReceiver,
} from '@torale/testing';
import { type RequestDescriptor, verifySignature, webcrypto as webCryptoKeys } from 'http-message-sig';
import { calculateJwkThumbprint } from 'jose';
import { Webhook } from 'standardwebhooks';
import {
  deliverOne,
  insertSecret,
  insertWebhook,
  sealer,
  startNotifications,
  webhookSecret,
} from './notifications-fixture.ts';

let db: TestDatabase;
let service: Awaited<ReturnType<typeof startNotifications>>;
let notifications: NotificationsApi;
let receiver: WebhookReceiver;

beforeAll(async () => {
  db = await createTestDatabase();
  service = await startNotifications(db.database);
  notifications = service.api;
});
beforeEach(async () => {
  receiver = await WebhookReceiver.start();
});
afterEach(() => receiver.close());
afterAll(async () => {
  await service.app.close();
  await db.close();
});

type Received = WebhookReceiver['requests'][number];
type Overrides = Parameters<typeof insertWebhook>[3];

/** What a webhook with such a channel gets. */
async function received(overrides: Overrides = {}, path = '') {
  const alert = await insertAlert(db.database);
  const channel_id = await insertWebhook(db.database, alert.user_id, `${receiver.url}${path}`, overrides);
  const { id } = await insertDelivery(db.database, { alert_id: alert.id, channel_id });
  expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent' });
  return receiver.requests.at(-1)!;
}

/** A receiver's own check, by a library that shares no code of signing with Torale's. */
async function check({ method, path, headers, body }: Received, now?: number) {
  const { keys } = await notifications.signingKeys(undefined);
  const message: RequestDescriptor = {
    kind: 'request',
    method,
    targetUri: new URL(path, receiver.url).href,
    fields: Object.entries(headers).map(([name, value]) => ({ name, value: String(value) })),
  };
  const verified = await verifySignature(message, {
    label: 'torale',
    policy: {
      algorithms: ['ed25519'],
      requiredComponents: [
        '@method',
        '@target-uri',
        'content-digest',
        'content-type',
        'webhook-id',
        'webhook-timestamp',
      ],
      requiredParameters: ['created', 'keyid', 'alg', 'tag'],
      maxAge: 300,
      ...(now !== undefined && { now }),
    },
    resolveVerifier: async ({ parameters }) => {
      const jwk = keys.find(({ kid }) => kid === parameters.keyid);
      if (!jwk) throw new Error('No such key');
      const { kty, crv, x } = jwk;
      return webCryptoKeys.verifier(
        await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', false, ['verify']),
      );
    },
  });
  const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
  if (headers['content-digest'] !== digest) throw new Error('Another body');
  return verified;
}

const signed: Overrides = { settings: JSON.stringify({ http_message_signatures: true }) };
const nowSeconds = () => Math.floor(Date.now() / 1000);

describe('HTTP message signatures', () => {
  it('verify with the published key, for exactly this request', async () => {
    const request = await received(signed, '/path%20with?query=1&other=%C3%A9#fragment');
    const { parameters, algorithm } = await check(request);
    expect(algorithm).toBe('ed25519');
    expect(parameters).toMatchObject({ alg: 'ed25519', tag: 'torale-webhook' });
    expect(Math.abs(parameters.created! - nowSeconds())).toBeLessThan(10);
    expect(String(parameters.created)).toBe(request.headers['webhook-timestamp']);
    // The other kind of signature is there as well.
    new Webhook(webhookSecret).verify(request.body, request.headers as Record<string, string>);
  });

  const tamperings: [string, (request: Received) => Partial<Received>][] = [
    ['another method', () => ({ method: 'PUT' })],
    ['another address', () => ({ path: '/other' })],
    ['another body', ({ body }) => ({ body: body.replace('alert', 'a1ert') })],
    [
      'another body with its own digest',
      ({ headers }) => ({
        body: '{}',
        headers: {
          ...headers,
          'content-digest': `sha-256=:${createHash('sha256').update('{}').digest('base64')}:`,
        },
      }),
    ],
    ['another id', ({ headers }) => ({ headers: { ...headers, 'webhook-id': crypto.randomUUID() } })],
    ['another time', ({ headers }) => ({ headers: { ...headers, 'webhook-timestamp': '1618884473' } })],
    ['another type', ({ headers }) => ({ headers: { ...headers, 'content-type': 'text/plain' } })],
    [
      'a later creation',
      ({ headers }) => ({
        headers: {
          ...headers,
          'signature-input': String(headers['signature-input']).replace(
            /created=\d+/,
            `created=${nowSeconds() + 1}`,
          ),
        },
      }),
    ],
    [
      'an unknown key',
      ({ headers }) => ({
        headers: {
          ...headers,
          'signature-input': String(headers['signature-input']).replace(/keyid="[^"]+"/, 'keyid="x"'),
        },
      }),
    ],
    [
      'another signature',
      ({ headers }) => ({
        headers: { ...headers, signature: `torale=:${Buffer.alloc(64, 1).toString('base64')}:` },
      }),
    ],
  ];
  it.each(tamperings)('do not verify with %s', async (_what, tamper) => {
    const request = await received(signed);
    await check(request);
    await expect(check({ ...request, ...tamper(request) })).rejects.toThrow();
  });

  it('do not verify when they are too old, or from the future', async () => {
    const request = await received(signed);
    await check(request, nowSeconds() + 290);
    await expect(check(request, nowSeconds() + 310)).rejects.toThrow('too old');
    await expect(check(request, nowSeconds() - 60)).rejects.toThrow('future');
  });

  it('are made only when they are chosen', async () => {
    const { headers } = await received();
    for (const name of ['signature', 'signature-input', 'content-digest'])
      expect(headers).not.toHaveProperty(name);
  });

  it('are remade for every attempt, over the same id and body', async () => {
    receiver.answerNext(500);
    const alert = await insertAlert(db.database);
    const channel_id = await insertWebhook(db.database, alert.user_id, receiver.url, signed);
    const { id } = await insertDelivery(db.database, { alert_id: alert.id, channel_id });
    await deliverOne(notifications, id);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await deliverOne(notifications, id);
    const [first, second] = receiver.requests as [Received, Received];
    await Promise.all([check(first), check(second)]);
    expect(second.body).toBe(first.body);
    expect(second.headers['signature']).not.toBe(first.headers['signature']);
  });
});

describe('the keys of signatures', () => {
  it('are named by their thumbprint, and have no private part', async () => {
    const { keys } = await notifications.signingKeys(undefined);
    expect(keys).toHaveLength(1);
    const [{ kid, ...key }] = keys as [(typeof keys)[0]];
    expect(key).toEqual({ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), alg: 'EdDSA', use: 'sig' });
    expect(kid).toBe(await calculateJwkThumbprint(key));
  });
});

describe('Standard Webhooks signatures', () => {
  it('are made with every secret that has not expired, the newest first', async () => {
    const alert = await insertAlert(db.database);
    const channel_id = await insertWebhook(db.database, alert.user_id, receiver.url);
    const secretOf = (name: string) => `whsec_${btoa(`${name} secret of this test, long enough`)}`;
    const minutes = (count: number) => new Date(Date.now() + count * 60_000);
    const insert = (name: string, times: { created_at: Date; expires_at?: Date }) =>
      insertSecret(db.database, alert.user_id, channel_id, secretOf(name), times);
    await insert('newest', { created_at: minutes(1) });
    await insert('older', { created_at: minutes(-10), expires_at: minutes(5) });
    await insert('expired', { created_at: minutes(-5), expires_at: minutes(-1) });
    const { id } = await insertDelivery(db.database, { alert_id: alert.id, channel_id });
    await deliverOne(notifications, id);

    const [{ body, headers }] = receiver.requests as [Received];
    const signatures = String(headers['webhook-signature']).split(' ');
    const at = new Date(Number(headers['webhook-timestamp']) * 1000);
    const expected = [secretOf('newest'), webhookSecret, secretOf('older')];
    expect(signatures).toEqual(expected.map((secret) => new Webhook(secret).sign(id, at, body)));
    const verifies = (secret: string) => new Webhook(secret).verify(body, headers as Record<string, string>);
    for (const secret of expected) verifies(secret);
    expect(() => verifies(secretOf('expired'))).toThrow('No matching signature');
  });
});

describe("a webhook's own headers", () => {
  it('are sent, and take the place of none of Torale’s', async () => {
    const alert = await insertAlert(db.database);
    const headers = {
      authorization: 'Bearer of-this-test',
      'X-Team': 'prices',
      // The contract refuses these; what got past it changes nothing.
      'webhook-id': 'forged',
      'content-type': 'text/html',
      signature: 'forged=:AA==:',
    };
    const settings_sealed = await sealer.seal(alert.user_id, { kind: 'webhook', headers });
    const channel_id = await insertWebhook(db.database, alert.user_id, receiver.url, {
      ...signed,
      settings_sealed,
    });
    const { id } = await insertDelivery(db.database, { alert_id: alert.id, channel_id });
    await deliverOne(notifications, id);
    const [request] = receiver.requests as [Received];
    expect(request.headers).toMatchObject({
      authorization: 'Bearer of-this-test',
      'x-team': 'prices',
      'webhook-id': id,
      'content-type': 'application/json',
    });
    await check(request);
  });

  it('that were sealed for another owner send nothing at all', async () => {
    const stranger = await db.createUser();
    const alert = await insertAlert(db.database);
    const settings_sealed = await sealer.seal(stranger.id, {
      kind: 'webhook',
      headers: { authorization: 'theirs' },
    });
    const channel_id = await insertWebhook(db.database, alert.user_id, receiver.url, { settings_sealed });
    const { id } = await insertDelivery(db.database, { alert_id: alert.id, channel_id });
    expect(await deliverOne(notifications, id)).toMatchObject({
      status: 'queued',
      detail: 'Something went wrong on our side.',
    });
    expect(receiver.requests).toEqual([]);
  });
});
