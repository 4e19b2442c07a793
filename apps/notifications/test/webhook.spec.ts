import { alertWebhookEventSchema, type NotificationsApi } from '@torale/contracts';
import { createTestDatabase, WebhookReceiver, type TestDatabase } from '@torale/testing';
import { Webhook } from 'standardwebhooks';
import {
  deliverOne,
  insertWebhookDelivery,
  readDelivery,
  startNotifications,
  webhookSecret,
} from './notifications-fixture.ts';

let db: TestDatabase;
let service: Awaited<ReturnType<typeof startNotifications>>;
let notifications: NotificationsApi;
let receiver: WebhookReceiver;

beforeAll(async () => {
  db = await createTestDatabase();
  service = await startNotifications(db.database, { DELIVERY_MAX_ATTEMPTS: '4' });
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

const verified = ({ body, headers }: WebhookReceiver['requests'][number], secret = webhookSecret) =>
  new Webhook(secret).verify(body, headers as Record<string, string>);

describe('a webhook', () => {
  it('gets one signed POST', async () => {
    const evidence = [
      {
        kind: 'edited',
        before: 'Price: $549',
        after: 'Price: <b>$499</b>',
        path: ['Buy'],
        source_url: 'https://a.example/',
      },
      { kind: 'added', before: null, after: '税込 ¥99', path: [], source_url: 'https://a.example/' },
    ];
    const delivery = await insertWebhookDelivery(db.database, receiver.url, {
      evidence: JSON.stringify(evidence),
      severity: 'high',
      confidence: 0.75,
      summary: 'The price dropped.',
      source_url: 'https://a.example/product',
    });
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({
      status: 'sent',
      retry: false,
    });

    expect(receiver.requests).toHaveLength(1);
    const request = receiver.requests[0]!;
    expect(request).toMatchObject({ method: 'POST', path: '/hook' });
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Torale-Webhooks/1.0',
      'webhook-id': delivery.id,
    });
    const event = alertWebhookEventSchema.parse(verified(request));
    expect(event).toMatchObject({
      type: 'alert.created',
      data: {
        alert_id: delivery.alert_id,
        raw_query: 'Tell me when the price drops',
        severity: 'high',
        summary: 'The price dropped.',
        source_url: 'https://a.example/product',
        evidence: [
          { before: 'Price: $549', after: 'Price: <b>$499</b>' },
          { before: null, after: '税込 ¥99' },
        ],
        confidence: 0.75,
      },
    });
    expect(event.timestamp).toBe(event.data.created_at);

    const row = await readDelivery(db.database, delivery.id);
    expect(row).toMatchObject({ status: 'sent', provider: 'webhook' });
    expect(Date.now() - Date.parse(row.sent_at!)).toBeLessThan(10_000);
    expect(row.attempts).toEqual([
      {
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        ok: true,
        response_status: 204,
        error: null,
        duration_ms: expect.any(Number),
        response_excerpt: '',
      },
    ]);
  });

  it('is signed with its own secret only', async () => {
    const delivery = await insertWebhookDelivery(db.database, receiver.url);
    await deliverOne(notifications, delivery.id);
    expect(() => verified(receiver.requests[0]!, `whsec_${btoa('another secret')}`)).toThrow(
      'No matching signature',
    );
  });

  it('is not sent again once it was sent', async () => {
    const delivery = await insertWebhookDelivery(db.database, receiver.url);
    await deliverOne(notifications, delivery.id);
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({
      status: 'sent',
      retry: false,
    });
    expect(receiver.requests).toHaveLength(1);
    expect((await readDelivery(db.database, delivery.id)).attempts).toHaveLength(1);
  });

  it('gets the same id and body at every attempt, with a fresh signature', async () => {
    receiver.answerNext(503);
    const delivery = await insertWebhookDelivery(db.database, receiver.url);
    await deliverOne(notifications, delivery.id);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({ status: 'sent' });
    const [first, second] = receiver.requests;
    expect(second!.body).toBe(first!.body);
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    expect(Number(second!.headers['webhook-timestamp'])).toBeGreaterThan(
      Number(first!.headers['webhook-timestamp']),
    );
    verified(first!);
    verified(second!);
    const { attempts } = await readDelivery(db.database, delivery.id);
    expect(attempts.map(({ ok, response_status }) => [ok, response_status])).toEqual([
      [false, 503],
      [true, 204],
    ]);
  });

  it.each([
    [200, 1, 'sent'],
    [202, 1, 'sent'],
    [500, 4, 'failed'],
    [503, 4, 'failed'],
    [408, 4, 'failed'],
    [425, 4, 'failed'],
    [429, 4, 'failed'],
    [400, 3, 'failed'],
    [401, 3, 'failed'],
    [404, 3, 'failed'],
    [410, 1, 'failed'],
  ])('that answers %i gets, of 4 attempts, %i', async (status, attempts, end) => {
    receiver.answerNext(...Array.from({ length: 10 }, () => status));
    const delivery = await insertWebhookDelivery(db.database, receiver.url);
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const last = attempt === attempts;
      expect(await deliverOne(notifications, delivery.id)).toMatchObject({
        status: last ? end : 'queued',
        retry: !last,
      });
    }
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({
      status: end,
      retry: false,
    });
    expect(receiver.requests).toHaveLength(attempts);
    const row = await readDelivery(db.database, delivery.id);
    expect(row.attempts.map(({ response_status }) => response_status)).toEqual(Array(attempts).fill(status));
    expect(row.sent_at === null).toBe(end === 'failed');
  });

  it('is not followed to where it redirects', async () => {
    const elsewhere = await WebhookReceiver.start();
    receiver.answerNext({ status: 307, headers: { location: elsewhere.url } });
    const delivery = await insertWebhookDelivery(db.database, receiver.url);
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({
      status: 'queued',
      detail: 'The webhook answered 307',
    });
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
  });

  it('that does not answer in time is tried again', async () => {
    receiver.answerNext('hang', { status: 204, delay_ms: 100 });
    const delivery = await insertWebhookDelivery(db.database, receiver.url);
    const impatient = await startNotifications(db.database, { DELIVERY_TIMEOUT_MS: '500' });
    expect(await deliverOne(impatient.api, delivery.id)).toMatchObject({
      status: 'queued',
      retry: true,
    });
    await impatient.app.close();
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({ status: 'sent' });
    const [hung, slow] = (await readDelivery(db.database, delivery.id)).attempts;
    expect(hung).toMatchObject({ ok: false, response_status: null });
    expect(hung!.duration_ms).toBeGreaterThanOrEqual(490);
    // Others wait for ten seconds.
    expect(hung!.duration_ms).toBeLessThan(9_000);
    expect(slow!.duration_ms).toBeGreaterThanOrEqual(95);
  });

  it('that is down is tried again', async () => {
    const { url } = receiver;
    await receiver.close();
    const delivery = await insertWebhookDelivery(db.database, url);
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({
      status: 'queued',
      retry: true,
    });
  });

  it.each(['http://10.0.0.1/hook', 'http://169.254.169.254/latest', 'http://[::1]/hook'])(
    'at the private address %s is given up at once',
    async (url) => {
      const delivery = await insertWebhookDelivery(db.database, url);
      expect(await deliverOne(notifications, delivery.id)).toMatchObject({
        status: 'failed',
        retry: false,
      });
      expect((await readDelivery(db.database, delivery.id)).attempts).toMatchObject([
        {
          ok: false,
          response_status: null,
          error: expect.stringContaining('is not a public address'),
        },
      ]);
    },
  );

  it('that was removed gets nothing', async () => {
    const delivery = await insertWebhookDelivery(db.database, receiver.url);
    await db.database.kysely
      .deleteFrom('notification_channels')
      .where('id', '=', delivery.channel_id)
      .execute();
    expect(await deliverOne(notifications, delivery.id)).toEqual({
      delivery_id: delivery.id,
      status: 'suppressed',
      retry: false,
      retry_after_seconds: null,
      detail: 'The channel was removed.',
    });
    expect(receiver.requests).toEqual([]);
  });

  it('may answer what it likes: the record keeps one short line of it', async () => {
    receiver.answerNext({ status: 500, body: `no\u0000pe\r\n<script>${'😀'.repeat(5000)}` });
    const delivery = await insertWebhookDelivery(db.database, receiver.url);
    const { detail } = await deliverOne(notifications, delivery.id);
    expect(detail).toMatch(/^The webhook answered 500: no pe <script>(😀)+…$/u);
    expect(detail!.length).toBeLessThan(250);
    expect((await readDelivery(db.database, delivery.id)).attempts[0]!.error).toBe(detail);
  });

  it('that answers without end is given up', async () => {
    receiver.answerNext({ status: 200, body: 'x'.repeat(2 * 1024 * 1024) });
    const delivery = await insertWebhookDelivery(db.database, receiver.url);
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({ status: 'failed' });
  });

  it('does not wait for another that hangs', async () => {
    receiver.answerNext('hang');
    const hanging = await insertWebhookDelivery(db.database, receiver.url);
    const attempt = deliverOne(notifications, hanging.id);
    const other = await WebhookReceiver.start();
    const delivery = await insertWebhookDelivery(db.database, other.url);
    const order = await Promise.race([
      attempt.then(() => 'hanging'),
      deliverOne(notifications, delivery.id).then(() => 'other'),
    ]);
    expect(order).toBe('other');
    await receiver.close();
    await attempt;
    await other.close();
  });
});
