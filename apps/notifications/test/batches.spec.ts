import type { DeliverResult, NotificationsApi } from '@torale/contracts';
import type { Database, Transaction } from '@torale/database';
import {
  createPostgresTestDatabase,
  createTestDatabase,
  eventually,
  hasPostgres,
  insertAlert,
  insertDelivery,
  WebhookReceiver,
} from '@torale/testing';
import { sql } from 'kysely';
import {
  deliverAll,
  deliverOne,
  insertSealedChannel,
  insertWebhook,
  insertWebhookDelivery,
  readDelivery,
  startNotifications,
} from './notifications-fixture.ts';

interface OpenDatabase {
  database: Database;
  close(): Promise<void>;
}
const databases: [string, () => Promise<OpenDatabase>][] = [['PGlite', () => createTestDatabase()]];
if (hasPostgres) databases.push(['Postgres', () => createPostgresTestDatabase()]);

describe.each(databases)('a batch of deliveries, on %s', (name, open) => {
  let db: OpenDatabase;
  let database: Database;
  let service: Awaited<ReturnType<typeof startNotifications>>;
  let notifications: NotificationsApi;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    db = await open();
    database = db.database;
    service = await startNotifications(database, { DELIVERY_MAX_ATTEMPTS: '4' });
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

  const newDeliveries = async (count: number) => {
    const { user_id } = await insertAlert(database);
    const channel_id = await insertWebhook(database, user_id, receiver.url);
    const ids: string[] = [];
    for (let number = 0; number < count; number += 1) {
      const { id: alert_id } = await insertAlert(database, { user_id });
      ids.push((await insertDelivery(database, { alert_id, channel_id })).id);
    }
    return { ids, channel_id, user_id };
  };
  const eventsOf = async (ids: string[]) => {
    const { rows } = await sql<{ type: string; id: string; user_id: string }>`
      select type, data ->> 'delivery_id' as id, user_id from events
      where data ->> 'delivery_id' = any(${ids}) order by id`.execute(database.kysely);
    return rows;
  };
  const statusesOf = async (ids: string[]) =>
    Promise.all(ids.map(async (id) => (await readDelivery(database, id)).status));

  it('is made at once: one request and one event each', async () => {
    const { ids, user_id } = await newDeliveries(30);
    const results = await deliverAll(notifications, ids);
    expect(results.map(({ delivery_id }) => delivery_id).sort()).toEqual([...ids].sort());
    for (const result of results)
      expect(result).toMatchObject({ status: 'sent', retry: false, detail: null });
    expect(receiver.requests.map(({ headers }) => headers['webhook-id']).sort()).toEqual([...ids].sort());
    expect(await eventsOf(ids)).toEqual(
      [...ids].sort().map((id) => ({ type: 'delivery.succeeded', id, user_id })),
    );
  });

  it('says of each how it ended, and makes what two ask for once', async () => {
    receiver.answerNext(...Array.from({ length: 20 }, () => ({ status: 204, delay_ms: 200 })));
    const { ids } = await newDeliveries(20);
    const [first, second] = await Promise.all([
      deliverAll(notifications, ids),
      deliverAll(notifications, [...ids, ids[0]!].reverse()),
    ]);
    expect(receiver.requests).toHaveLength(20);
    const sent = [...first, ...second].filter(({ status }) => status === 'sent');
    expect(sent).toHaveLength(20);
    expect(first.length + second.length).toBe(40);
    expect(await statusesOf(ids)).toEqual(ids.map(() => 'sent'));
    expect(await eventsOf(ids)).toHaveLength(20);
  });

  it('does not wait for its slowest', async () => {
    receiver.answerNext('hang');
    const slow = await insertWebhookDelivery(database, receiver.url);
    const other = await WebhookReceiver.start();
    const quick = await insertWebhookDelivery(database, other.url);
    const seen: [string, DeliverResult['status']][] = [];
    for await (const { delivery_id, status } of notifications.deliverBatch({
      delivery_ids: [slow.id, quick.id],
    })) {
      seen.push([delivery_id, status]);
      // Its outcome is written by the time that it is told.
      expect((await readDelivery(database, delivery_id)).status).toBe(status);
      // Only this ends the slow one before its time is up.
      await receiver.close();
    }
    expect(seen).toEqual([
      [quick.id, 'sent'],
      [slow.id, 'queued'],
    ]);
    await other.close();
  });

  it('is settled whatever one of the other sides calls its message', async () => {
    const { ids } = await newDeliveries(1);
    const { id: alert_id, user_id } = await insertAlert(database);
    const channel_id = await insertSealedChannel(database, user_id, {
      kind: 'ntfy',
      server: receiver.url,
      topic: 'alerts',
      token: null,
    });
    const { id } = await insertDelivery(database, { alert_id, channel_id });
    const answer = { status: 200, body: JSON.stringify({ id: 'a\u0000b\ud800' }) };
    receiver.answerNext(answer, answer);
    await deliverAll(notifications, [id, ...ids]);
    expect(await statusesOf([id, ...ids])).toEqual(['sent', 'sent']);
  });

  it('leaves no attempt open that is not made when another one cannot be looked at', async () => {
    const { ids } = await newDeliveries(2);
    const [held, plain] = ids as [string, string];
    await database.kysely
      .updateTable('notification_deliveries')
      .set({ not_before: new Date(Date.now() - 1000) })
      .where('id', '=', held)
      .execute();
    await sql`create or replace function public.refuse() returns trigger language plpgsql as
      $$ begin raise exception 'no'; end $$`.execute(database.kysely);
    await sql`create trigger refuse before update on notification_deliveries for each row
      when (new.id = ${sql.lit(held)}::uuid) execute function public.refuse()`.execute(database.kysely);
    try {
      await expect(deliverAll(notifications, [plain, held])).rejects.toThrow();
    } finally {
      await sql`drop trigger refuse on notification_deliveries`.execute(database.kysely);
    }
    expect(await readDelivery(database, plain)).toMatchObject({ status: 'queued', attempts: [] });
    expect(await deliverOne(notifications, plain)).toMatchObject({ status: 'sent' });
  });

  // PGlite has one connection: nobody to lock out.
  if (name === 'Postgres')
    it('does not lock out another one that heals the same channels', async () => {
      const { user_id } = await insertAlert(database);
      const channels = [
        await insertWebhook(database, user_id, receiver.url),
        await insertWebhook(database, user_id, `${receiver.url}/2`),
      ].sort();
      const alerts = [await insertAlert(database, { user_id }), await insertAlert(database, { user_id })];
      // The first delivery is to the second channel.
      const ids = [crypto.randomUUID(), crypto.randomUUID()].sort();
      const [second, first] = await Promise.all(
        ids.map((id, index) =>
          insertDelivery(database, { id, alert_id: alerts[index]!.id, channel_id: channels[1 - index]! }),
        ),
      );
      await database.kysely
        .updateTable('notification_channels')
        .set({ failing_since: new Date() })
        .where('id', 'in', channels)
        .execute();
      const heal = (transaction: Transaction, channel: string) =>
        transaction
          .updateTable('notification_channels')
          .set({ failing_since: null })
          .where('id', '=', channel)
          .execute();
      let delivering: Promise<DeliverResult[]>;
      await database.transaction(async (transaction) => {
        await heal(transaction, channels[0]!);
        delivering = deliverAll(notifications, [second!.id, first!.id]);
        await eventually('it waits', async () => {
          const { rows } = await sql<{
            waiting: number;
          }>`select count(*)::int as waiting from pg_locks where not granted`.execute(database.kysely);
          return rows[0]!.waiting > 0;
        });
        await heal(transaction, channels[1]!);
      });
      expect((await delivering!).map(({ status }) => status)).toEqual(['sent', 'sent']);
    });

  it('is recorded to its end when its reader leaves', async () => {
    receiver.answerNext({ status: 204, delay_ms: 300 }, { status: 204, delay_ms: 300 });
    const { ids } = await newDeliveries(3);
    for await (const { status } of notifications.deliverBatch({ delivery_ids: ids })) {
      expect(status).toBe('sent');
      break;
    }
    await eventually('their ends', async () => (await statusesOf(ids)).every((status) => status === 'sent'));
  });

  it('ends with an event when it is given up', async () => {
    receiver.answerNext(404, 404, 404);
    const { id, user_id } = await insertWebhookDelivery(database, receiver.url);
    for (const last of [false, false, true]) {
      expect(await eventsOf([id])).toEqual([]);
      expect(await deliverOne(notifications, id)).toMatchObject({ retry: !last });
    }
    expect(await eventsOf([id])).toEqual([{ type: 'delivery.failed', id, user_id }]);
    expect(await readDelivery(database, id)).toMatchObject({
      status: 'failed',
      reason: 'The webhook answered 404',
    });
  });

  describe.each([
    ['removed', 'The channel was removed.'],
    ['pending', 'The channel is not verified.'],
    ['disabled', 'The channel is disabled.'],
  ] as const)('through a channel that is %s', (state, reason) => {
    const lose = (channelId: string) =>
      state === 'removed'
        ? database.kysely.deleteFrom('notification_channels').where('id', '=', channelId).execute()
        : database.kysely
            .updateTable('notification_channels')
            .set({ status: state })
            .where('id', '=', channelId)
            .execute();

    it('is suppressed', async () => {
      const { id, channel_id } = await insertWebhookDelivery(database, receiver.url);
      await lose(channel_id);
      const suppressed = { status: 'suppressed', retry: false };
      expect(await deliverOne(notifications, id)).toMatchObject({ ...suppressed, detail: reason });
      expect(receiver.requests).toEqual([]);
      expect(await readDelivery(database, id)).toMatchObject({ status: 'suppressed', reason, attempts: [] });
      expect(await eventsOf([id])).toEqual([]);
    });

    it('ends what was attempted', async () => {
      receiver.answerNext(500);
      const { id, channel_id, user_id } = await insertWebhookDelivery(database, receiver.url);
      expect(await deliverOne(notifications, id)).toMatchObject({ retry: true });
      await lose(channel_id);
      const status = state === 'removed' ? 'suppressed' : 'failed';
      expect(await deliverOne(notifications, id)).toMatchObject({ status, retry: false });
      expect(receiver.requests).toHaveLength(1);
      expect(await readDelivery(database, id)).toMatchObject({ status });
      expect(await eventsOf([id])).toEqual(
        status === 'failed' ? [{ type: 'delivery.failed', id, user_id }] : [],
      );
    });
  });

  it('leaves the other side alone for as long as it asks', async () => {
    receiver.answerNext({ status: 429, headers: { 'retry-after': '60' } });
    const { id } = await insertWebhookDelivery(database, receiver.url);
    expect(await deliverOne(notifications, id)).toMatchObject({
      status: 'queued',
      retry: true,
      retry_after_seconds: 60,
    });
    const held = await readDelivery(database, id);
    const pause = Date.parse(held.not_before!) - Date.now();
    expect(pause).toBeGreaterThan(30_000);
    expect(pause).toBeLessThanOrEqual(60_000);
    const { retry, retry_after_seconds } = await deliverOne(notifications, id);
    expect(retry).toBe(true);
    expect(retry_after_seconds).toBeGreaterThanOrEqual(30);
    expect(receiver.requests).toHaveLength(1);

    await database.kysely
      .updateTable('notification_deliveries')
      .set({ not_before: new Date(Date.now() - 1) })
      .where('id', '=', id)
      .execute();
    expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent' });
    expect(await readDelivery(database, id)).toMatchObject({ not_before: null, reason: null });
  });

  it('of a digest settles what is told in it', async () => {
    const { ids, channel_id, user_id } = await newDeliveries(2);
    const { id: digest_id } = await database.kysely
      .insertInto('notification_digests')
      .values({ user_id, channel_id, due_at: new Date(Date.now() - 60_000) })
      .returning('id')
      .executeTakeFirstOrThrow();
    await database.kysely
      .updateTable('notification_deliveries')
      .set({ in_digest_id: digest_id })
      .where('id', 'in', ids)
      .execute();
    const { id } = await insertDelivery(database, { digest_id, channel_id });
    expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent' });
    expect(await statusesOf(ids)).toEqual(['sent', 'sent']);
    const body = JSON.parse(receiver.requests[0]!.body) as { type: string; data: { events: unknown[] } };
    expect(body).toMatchObject({ type: 'digest.due', data: { digest_id } });
    expect(body.data.events).toHaveLength(2);
    expect(await eventsOf([id, ...ids])).toHaveLength(1);
  });

  it('that nobody will attempt again is settled once', async () => {
    const { id, user_id } = await insertWebhookDelivery(database, receiver.url);
    const giveUp = (delivery_id: string) =>
      notifications.giveUp({ delivery_id, detail: 'Nobody was there.' });
    expect(await giveUp(id)).toEqual({ status: 'failed' });
    expect(await giveUp(id)).toEqual({ status: 'failed' });
    expect(await readDelivery(database, id)).toMatchObject({ status: 'failed', reason: 'Nobody was there.' });
    expect(await eventsOf([id])).toEqual([{ type: 'delivery.failed', id, user_id }]);

    const sent = await insertWebhookDelivery(database, receiver.url);
    await deliverOne(notifications, sent.id);
    expect(await giveUp(sent.id)).toEqual({ status: 'sent' });
    expect(await giveUp(crypto.randomUUID())).toEqual({ status: null });
  });
});
