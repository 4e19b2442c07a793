import type { NotificationsApi } from '@torale/contracts';
import {
  accountChannel,
  createTestDatabase,
  insertAlert,
  insertChannel,
  insertDelivery,
  type TestDatabase,
  WebhookReceiver,
} from '@torale/testing';
import { sql } from 'kysely';
import {
  deliverAll,
  deliverOne,
  insertWebhook,
  insertWebhookDelivery,
  readDelivery,
  startNotifications,
} from './notifications-fixture.ts';

let db: TestDatabase;
let service: Awaited<ReturnType<typeof startNotifications>>;
let notifications: NotificationsApi;
let receiver: WebhookReceiver;

beforeAll(async () => {
  db = await createTestDatabase();
  service = await startNotifications(db.database, { WEBHOOK_DISABLE_AFTER_HOURS: '72' });
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

const channelOf = (id: string) =>
  db.database.kysely
    .selectFrom('notification_channels')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
const failSince = (id: string, hoursAgo: number) =>
  db.database.kysely
    .updateTable('notification_channels')
    .set({ failing_since: new Date(Date.now() - hoursAgo * 3_600_000) })
    .where('id', '=', id)
    .execute();
const noticesOf = (channelId: string) =>
  db.database.kysely.selectFrom('notices').selectAll().where('channel_id', '=', channelId).execute();
const eventsOf = async (channelId: string) => {
  const { rows } = await sql`
    select user_id, data from events
    where type = 'channel.disabled' and data ->> 'channel_id' = ${channelId}`.execute(db.database.kysely);
  return rows;
};

test('a channel fails from its first failed attempt until the next that succeeds', async () => {
  receiver.answerNext(500, 500, 204);
  const { id, channel_id } = await insertWebhookDelivery(db.database, receiver.url);
  await deliverOne(notifications, id);
  const { failing_since } = await channelOf(channel_id);
  expect(Date.now() - Date.parse(failing_since!)).toBeLessThan(10_000);
  await deliverOne(notifications, id);
  expect(await channelOf(channel_id)).toMatchObject({ failing_since, status: 'verified' });
  await deliverOne(notifications, id);
  expect(await channelOf(channel_id)).toMatchObject({ failing_since: null, status: 'verified' });
});

test('what goes wrong on our side is no failure of the channel', async () => {
  const { id, channel_id } = await insertWebhookDelivery(db.database, receiver.url);
  await sql`update notification_channels set settings_sealed = 'not sealed' where id = ${channel_id}`.execute(
    db.database.kysely,
  );
  expect(await deliverOne(notifications, id)).toMatchObject({ status: 'queued', retry: true });
  expect(await channelOf(channel_id)).toMatchObject({ failing_since: null });
});

test.each([
  [71, 'verified'],
  [73, 'disabled'],
])('after %i hours of nothing but failures it is %s', async (hours, status) => {
  receiver.answerNext(503);
  const { id, channel_id } = await insertWebhookDelivery(db.database, receiver.url);
  await failSince(channel_id, hours);
  await deliverOne(notifications, id);
  expect(await channelOf(channel_id)).toMatchObject({ status });
  expect(await noticesOf(channel_id)).toHaveLength(status === 'disabled' ? 1 : 0);
});

test('its owner is told of it once, through the other channels, and what waited is settled', async () => {
  const { id: alert_id, user_id } = await insertAlert(db.database);
  const channel_id = await insertWebhook(db.database, user_id, receiver.url);
  const ids = [(await insertDelivery(db.database, { alert_id, channel_id })).id];
  for (let more = 0; more < 9; more += 1) {
    const { id } = await insertAlert(db.database, { user_id });
    ids.push((await insertDelivery(db.database, { alert_id: id, channel_id })).id);
  }
  await failSince(channel_id, 100);
  receiver.answerNext(...ids.map(() => 503));
  await deliverAll(notifications, ids);

  const channel = await channelOf(channel_id);
  expect(channel).toMatchObject({ status: 'disabled', disabled_at: expect.any(String) });
  expect(channel.disabled_reason).toMatch(
    /^Every attempt since \d{4}-\d\d-\d\d \d\d:\d\d UTC has failed. The last one: The webhook answered 503$/,
  );
  const [notice, ...others] = await noticesOf(channel_id);
  expect(others).toEqual([]);
  expect(notice).toMatchObject({
    user_id,
    kind: 'channel_disabled',
    detail: channel.disabled_reason,
    occurred_at: channel.disabled_at,
  });
  expect(await eventsOf(channel_id)).toEqual([{ user_id, data: { notice_id: notice!.id, channel_id } }]);

  const { delivery_ids } = await notifications.notify({ notice_id: notice!.id });
  const told = await Promise.all(delivery_ids.map((id) => readDelivery(db.database, id)));
  expect(told.filter(({ status }) => status === 'queued')).toMatchObject([
    { channel_id: (await accountChannel(db.database, user_id)).id },
  ]);
  for (const { status, retry } of await deliverAll(notifications, ids)) {
    expect({ status, retry }).toEqual({ status: 'failed', retry: false });
  }
  expect(receiver.requests).toHaveLength(10);
  expect(await readDelivery(db.database, ids[3]!)).toMatchObject({ reason: 'The channel is disabled.' });
});

test('410 Gone disables at once', async () => {
  receiver.answerNext({ status: 410, body: 'unsubscribed' });
  const { id, channel_id } = await insertWebhookDelivery(db.database, receiver.url);
  expect(await deliverOne(notifications, id)).toMatchObject({ status: 'failed', retry: false });
  expect(await channelOf(channel_id)).toMatchObject({
    status: 'disabled',
    disabled_reason: 'The webhook answered 410: unsubscribed',
  });
  expect(await noticesOf(channel_id)).toHaveLength(1);
  expect(await eventsOf(channel_id)).toHaveLength(1);
});

test('a channel that was verified again and fails again is disabled anew, with a notice of its own', async () => {
  receiver.answerNext(410, 410);
  const { id, user_id, channel_id } = await insertWebhookDelivery(db.database, receiver.url);
  await deliverOne(notifications, id);
  await db.database.kysely
    .updateTable('notification_channels')
    .set({ status: 'verified', failing_since: null, disabled_at: null, disabled_reason: null })
    .where('id', '=', channel_id)
    .execute();
  const { id: alert_id } = await insertAlert(db.database, { user_id });
  await deliverOne(notifications, (await insertDelivery(db.database, { alert_id, channel_id })).id);
  expect(await noticesOf(channel_id)).toHaveLength(2);
});

test('e-mail is never disabled: it is not its owner’s provider that fails', async () => {
  const failing = await startNotifications(db.database, {
    SMTP_URL: 'smtp://127.0.0.1:1',
    MAIL_FROM: 'alerts@example.org',
  });
  const channel = await insertChannel(db.database, { failing_since: new Date(0) });
  const { id: alert_id } = await insertAlert(db.database, { user_id: channel.user_id });
  const { id } = await insertDelivery(db.database, { alert_id, channel_id: channel.id });
  expect(await deliverOne(failing.api, id)).toMatchObject({ status: 'queued', retry: true });
  expect(await channelOf(channel.id)).toMatchObject({ status: 'verified' });
  await failing.app.close();
});
