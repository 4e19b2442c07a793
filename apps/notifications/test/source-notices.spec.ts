import { type NotificationsApi, sourceWebhookEventSchema } from '@torale/contracts';
import {
  createTestDatabase,
  insertNotice,
  insertSource,
  type TestDatabase,
  WebhookReceiver,
} from '@torale/testing';
import { Webhook } from 'standardwebhooks';
import { deliverOne, insertWebhook, startNotifications, webhookSecret } from './notifications-fixture.ts';

let db: TestDatabase;
let service: Awaited<ReturnType<typeof startNotifications>>;
let notifications: NotificationsApi;
let receiver: WebhookReceiver;

beforeAll(async () => {
  [db, receiver] = await Promise.all([createTestDatabase(), WebhookReceiver.start()]);
  service = await startNotifications(db.database);
  notifications = service.api;
});
afterEach(() => service.jobs.clear());
afterAll(async () => {
  await service.app.close();
  await Promise.all([db.close(), receiver.close()]);
});

const deliveriesOf = (noticeId: string) =>
  db.database.kysely
    .selectFrom('notification_deliveries')
    .select(['id', 'alert_id', 'notice_id', 'channel', 'status'])
    .where('notice_id', '=', noticeId)
    .orderBy('channel')
    .execute();

test('a notice goes the road of alerts: one delivery per channel, one mail, one signed webhook', async () => {
  const user = await db.createUser('anna@example.org');
  await insertWebhook(db.database, user.id, receiver.url);
  const source = await insertSource(db.database, { user_id: user.id, url: 'https://shop.example/product' });
  const occurred_at = new Date('2026-11-22T04:16:59.123Z');
  const notice = await insertNotice(db.database, { source_id: source.id, outcome: 'blocked', occurred_at });

  const answers = await Promise.all(
    Array.from({ length: 5 }, () => notifications.notify({ notice_id: notice.id })),
  );
  const rows = await deliveriesOf(notice.id);
  expect(rows).toMatchObject([
    { alert_id: null, channel: 'email', status: 'queued' },
    { alert_id: null, channel: 'webhook', status: 'queued' },
  ]);
  for (const { delivery_ids } of answers)
    expect(delivery_ids.sort()).toEqual(rows.map(({ id }) => id).sort());
  expect(await service.jobs.list()).toHaveLength(2);

  for (const { id } of rows) {
    expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent' });
  }
  const mails = await db.database.kysely.selectFrom('outbox_emails').selectAll().execute();
  expect(mails).toMatchObject([{ user_id: user.id, subject: 'Torale cannot read shop.example' }]);
  expect(receiver.requests).toHaveLength(1);
  const [{ body, headers }] = receiver.requests as [WebhookReceiver['requests'][number]];
  const event = new Webhook(webhookSecret).verify(body, headers as Record<string, string>);
  expect(sourceWebhookEventSchema.strict().parse(event)).toEqual({
    type: 'source.failing',
    timestamp: notice.created_at,
    data: {
      notice_id: notice.id,
      source_id: source.id,
      source_url: 'https://shop.example/product',
      user_query_id: source.user_query_id,
      raw_query: 'Tell me when the price drops',
      outcome: 'blocked',
      detail: 'The site answered 500.',
      failing_since: '2026-11-22T04:16:59.123Z',
      created_at: notice.created_at,
    },
  });
});

test('whoever wants only grave alerts is still told that a page cannot be read', async () => {
  const user = await db.createUser();
  await db.database.kysely
    .insertInto('notification_preferences')
    .values({ user_id: user.id, min_severity: 'high' })
    .execute();
  const source = await insertSource(db.database, { user_id: user.id });
  const notice = await insertNotice(db.database, { source_id: source.id, kind: 'recovered' });
  await notifications.notify({ notice_id: notice.id });
  expect(await deliveriesOf(notice.id)).toMatchObject([{ channel: 'email', status: 'queued' }]);
});

test('a notice that is not there is not found', async () => {
  await expect(notifications.notify({ notice_id: crypto.randomUUID() })).rejects.toMatchObject({
    code: 'not_found',
  });
});
