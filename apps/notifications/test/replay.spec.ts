import type { NotificationsApi, ReplayRequest } from '@torale/contracts';
import {
  createTestDatabase,
  insertAlert,
  insertDelivery,
  type TestDatabase,
  WebhookReceiver,
} from '@torale/testing';
import { sql } from 'kysely';
import {
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
  [db, receiver] = await Promise.all([createTestDatabase(), WebhookReceiver.start()]);
  service = await startNotifications(db.database, { DELIVERY_MAX_ATTEMPTS: '2' });
  notifications = service.api;
});
afterEach(async () => {
  await service.jobs.clear();
  receiver.requests.length = 0;
});
afterAll(async () => {
  await service.app.close();
  await Promise.all([db.close(), receiver.close()]);
});

type Overrides = Partial<Parameters<typeof insertDelivery>[1]>;

async function newChannel() {
  const { user_id } = await insertAlert(db.database);
  const channel_id = await insertWebhook(db.database, user_id, receiver.url);
  return {
    channel_id,
    add: async (overrides: Overrides) => {
      const { id: alert_id } = await insertAlert(db.database, { user_id });
      return (await insertDelivery(db.database, { alert_id, channel_id, ...overrides })).id;
    },
  };
}
const enqueued = async () =>
  (await service.jobs.list()).map(({ payload }) => (payload as { delivery_id: string }).delivery_id);
const replay = (request: ReplayRequest) => notifications.replay(request);
const day = { from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' };
const during = (minute: number) => new Date(Date.parse(day.from) + minute * 60_000);
const failed = ['failed', 'bounced'] as const;

test('what a disabled channel was spared comes at once when it is asked for, however its owner is told otherwise', async () => {
  const channel = await newChannel();
  const id = await channel.add({ status: 'suppressed' });
  const { user_id } = await readDelivery(db.database, id);
  await db.database.kysely
    .insertInto('notification_preferences')
    .values({ user_id, mode: 'daily' })
    .execute();
  expect(await replay({ delivery_id: id })).toEqual({ replayed: 1, more: false });
  expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent' });
});

test('a delivery is made again under its old id, signed anew, with all its attempts', async () => {
  const { id } = await insertWebhookDelivery(db.database, receiver.url);
  await deliverOne(notifications, id);
  expect(await replay({ delivery_id: id })).toEqual({ replayed: 1, more: false });
  expect(await enqueued()).toEqual([id]);
  expect(await readDelivery(db.database, id)).toMatchObject({ status: 'queued', sent_at: null });
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent' });

  const [first, second] = receiver.requests as [
    WebhookReceiver['requests'][number],
    WebhookReceiver['requests'][number],
  ];
  expect(second.body).toBe(first.body);
  expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
  expect(second.headers['webhook-timestamp']).not.toBe(first.headers['webhook-timestamp']);
  expect(second.headers['webhook-signature']).not.toBe(first.headers['webhook-signature']);
  expect((await readDelivery(db.database, id)).attempts).toMatchObject([{ ok: true }, { ok: true }]);
});

test('it gets all its attempts again', async () => {
  const { id } = await insertWebhookDelivery(db.database, receiver.url);
  receiver.answerNext(500, 500, 500);
  await deliverOne(notifications, id);
  expect(await deliverOne(notifications, id)).toMatchObject({ status: 'failed', retry: false });
  await replay({ delivery_id: id });
  expect(await deliverOne(notifications, id)).toMatchObject({ status: 'queued', retry: true });
  expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent' });
});

test.each(['queued', 'sending'] as const)('one that is %s is on its way', async (status) => {
  const { add } = await newChannel();
  const delivery_id = await add({ status });
  await expect(replay({ delivery_id })).rejects.toMatchObject({ code: 'conflict' });
  expect(await enqueued()).toEqual([]);
});

test('of ten who ask for one at the same time, one is served', async () => {
  const { add } = await newChannel();
  const delivery_id = await add({ status: 'failed' });
  const answers = await Promise.allSettled(Array.from({ length: 10 }, () => replay({ delivery_id })));
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await enqueued()).toEqual([delivery_id]);
});

test('it is not made again and again', async () => {
  const { id } = await insertWebhookDelivery(db.database, receiver.url);
  await deliverOne(notifications, id);
  await replay({ delivery_id: id });
  await deliverOne(notifications, id);
  await expect(replay({ delivery_id: id })).rejects.toMatchObject({ code: 'conflict' });
  await sql`update notification_deliveries set replayed_at = now() - interval '61 seconds' where id = ${id}`.execute(
    db.database.kysely,
  );
  expect(await replay({ delivery_id: id })).toMatchObject({ replayed: 1 });
});

test('of a channel and a time, those that failed are made again', async () => {
  const { add, channel_id } = await newChannel();
  const wanted = [
    await add({ status: 'failed', created_at: during(0) }),
    await add({ status: 'bounced', created_at: during(10) }),
    await add({ status: 'suppressed', reason: 'The channel is disabled.', created_at: during(20) }),
  ];
  await add({ status: 'sent', created_at: during(5) });
  await add({ status: 'queued', created_at: during(5) });
  await add({ status: 'suppressed', reason: 'Below your least severity.', created_at: during(5) });
  await add({ status: 'failed', created_at: during(-1) });
  await add({ status: 'failed', created_at: during(24 * 60) });
  await (await newChannel()).add({ status: 'failed', created_at: during(5) });

  expect(await replay({ channel_id, ...day, statuses: [...failed] })).toEqual({ replayed: 3, more: false });
  expect(await enqueued()).toEqual(wanted);
  expect(await replay({ channel_id, ...day, statuses: [...failed] })).toEqual({ replayed: 0, more: false });
});

test('or those that were sent, when they are asked for', async () => {
  const { add, channel_id } = await newChannel();
  const sent = await add({ status: 'sent', created_at: during(5) });
  await add({ status: 'failed', created_at: during(5) });
  expect(await replay({ channel_id, ...day, statuses: ['sent'] })).toEqual({ replayed: 1, more: false });
  expect(await enqueued()).toEqual([sent]);
});

test('a thousand within an hour, the oldest first; the rest later', async () => {
  const { add, channel_id } = await newChannel();
  await add({ status: 'failed', created_at: during(0) });
  await sql`
    with alert as (
      insert into change_alerts (user_id, user_query_id, source_url, kind, severity, summary, evidence, confidence, judged_by)
      select user_id, user_query_id, source_url, kind, severity, summary, evidence, confidence, judged_by
      from change_alerts, generate_series(1, 1001)
      where user_id = (select user_id from notification_channels where id = ${channel_id})
      limit 1001
      returning id, user_id
    )
    insert into notification_deliveries (user_id, alert_id, channel, channel_id, target, status, created_at)
    select user_id, id, 'webhook', ${channel_id}, '', 'failed', ${during(0)}::timestamptz + row_number() over () * interval '1 second'
    from alert`.execute(db.database.kysely);
  const all = { channel_id, ...day, statuses: [...failed] };
  expect(await replay(all)).toEqual({ replayed: 1000, more: true });
  expect(await enqueued()).toHaveLength(1000);
  await expect(replay(all)).rejects.toMatchObject({ code: 'rate_limited', retry_after_seconds: 60 });
  await sql`update notification_deliveries set replayed_at = now() - interval '61 minutes' where channel_id = ${channel_id}`.execute(
    db.database.kysely,
  );
  expect(await replay(all)).toEqual({ replayed: 2, more: false });
});

test('nothing is made again through a channel that takes nothing', async () => {
  const { add, channel_id } = await newChannel();
  const delivery_id = await add({ status: 'failed', created_at: during(5) });
  await db.database.kysely
    .updateTable('notification_channels')
    .set({ status: 'disabled' })
    .where('id', '=', channel_id)
    .execute();
  for (const request of [{ delivery_id }, { channel_id, ...day, statuses: [...failed] }]) {
    await expect(replay(request)).rejects.toMatchObject({ code: 'conflict' });
  }
  expect(await enqueued()).toEqual([]);
});

test('what is not there is not found', async () => {
  for (const request of [
    { delivery_id: crypto.randomUUID() },
    { channel_id: crypto.randomUUID(), ...day, statuses: [...failed] },
  ]) {
    await expect(replay(request)).rejects.toMatchObject({ code: 'not_found' });
  }
});
