import type { NotificationsApi } from '@torale/contracts';
import type { Database } from '@torale/database';
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
  insertWebhookDelivery,
  readDelivery,
  startNotifications,
} from './notifications-fixture.ts';

interface OpenDatabase {
  database: Database;
  close(): Promise<void>;
}

async function openPgliteDatabase(): Promise<OpenDatabase> {
  return createTestDatabase();
}

const databases: [string, () => Promise<OpenDatabase>][] = [['PGlite', openPgliteDatabase]];
if (hasPostgres) databases.push(['Postgres', () => createPostgresTestDatabase()]);

describe.each(databases)('attempts at one delivery, on %s', (_name, open) => {
  let db: OpenDatabase;
  let database: Database;
  let service: Awaited<ReturnType<typeof startNotifications>>;
  let notifications: NotificationsApi;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    db = await open();
    database = db.database;
    service = await startNotifications(database);
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

  /** As if the attempt that is open now had begun a minute ago. */
  const ageOpenAttempt = (id: string) =>
    sql`
    update notification_deliveries
    set attempts = jsonb_set(attempts, '{-1,at}', to_jsonb(${new Date(Date.now() - 60_000).toISOString()}::text))
    where id = ${id}`.execute(database.kysely);
  const insertDigest = async () => {
    const { id: member, channel_id, user_id } = await insertWebhookDelivery(database, receiver.url);
    const { id: digest_id } = await database.kysely
      .insertInto('notification_digests')
      .values({ user_id, channel_id, due_at: new Date() })
      .returning('id')
      .executeTakeFirstOrThrow();
    await database.kysely
      .updateTable('notification_deliveries')
      .set({ in_digest_id: digest_id })
      .where('id', '=', member)
      .execute();
    return { digest: (await insertDelivery(database, { digest_id, channel_id })).id, member, channel_id };
  };
  const requestsArrived = (count: number) =>
    eventually(`${count} requests`, async () => receiver.requests.length === count);

  it('are made one at a time: ten calls, one POST', async () => {
    receiver.answerNext({ status: 204, delay_ms: 200 });
    const { id } = await insertWebhookDelivery(database, receiver.url);
    const answers = await Promise.all(Array.from({ length: 10 }, () => deliverOne(notifications, id)));
    expect(receiver.requests).toHaveLength(1);
    const sent = answers.filter(({ status }) => status === 'sent');
    const waiting = answers.filter(({ status }) => status === 'sending');
    expect(sent.length).toBeGreaterThanOrEqual(1);
    expect(sent.length + waiting.length).toBe(10);
    for (const answer of waiting) {
      expect(answer).toMatchObject({ retry: true, detail: 'Another attempt is under way.' });
      // The lease.
      expect(answer.retry_after_seconds).toBeGreaterThan(15);
    }
    expect((await readDelivery(database, id)).attempts).toHaveLength(1);
  });

  it('are asked for once: ten notifications of one alert, one delivery', async () => {
    const { id: alert_id } = await insertAlert(database);
    const answers = await Promise.all(Array.from({ length: 10 }, () => notifications.notify({ alert_id })));
    expect(answers[0]!.delivery_ids).toHaveLength(1);
    expect(answers).toEqual(answers.map(() => answers[0]));
    const jobs = await service.jobs.list();
    expect(jobs).toEqual([{ queue: 'deliver', payload: { delivery_id: answers[0]!.delivery_ids[0] } }]);
  });

  it('are recorded before anything is sent', async () => {
    const { promise: after, resolve: answer } = Promise.withResolvers<void>();
    receiver.answerNext({ status: 204, after });
    const { id } = await insertWebhookDelivery(database, receiver.url);
    const attempt = deliverOne(notifications, id);
    await requestsArrived(1);
    const row = await readDelivery(database, id);
    expect(row).toMatchObject({ status: 'sending', provider: 'webhook', sent_at: null });
    expect(row.attempts).toMatchObject([
      { ok: false, error: expect.stringContaining('No outcome was recorded') },
    ]);
    answer();
    await attempt;
    expect((await readDelivery(database, id)).attempts).toMatchObject([{ ok: true, error: null }]);
  });

  it('go on after a crash in the middle of one, when its lease is over', async () => {
    const { id } = await insertWebhookDelivery(database, receiver.url);
    const interrupted = {
      ok: false,
      response_status: null,
      error: 'No outcome was recorded.',
      duration_ms: 0,
    };
    const leaveOpen = (at: string) =>
      database.kysely
        .updateTable('notification_deliveries')
        .set({ status: 'sending', attempts: JSON.stringify([{ at, ...interrupted }]) })
        .where('id', '=', id)
        .execute();

    await leaveOpen(new Date().toISOString());
    expect(await deliverOne(notifications, id)).toMatchObject({
      status: 'sending',
      retry: true,
    });
    await leaveOpen(new Date(Date.now() - 15_000).toISOString());
    expect(await deliverOne(notifications, id)).toMatchObject({
      status: 'sending',
      retry: true,
    });
    expect(receiver.requests).toEqual([]);

    await leaveOpen(new Date(Date.now() - 21_000).toISOString());
    expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent', retry: false });
    expect(receiver.requests).toHaveLength(1);
    expect((await readDelivery(database, id)).attempts).toMatchObject([interrupted, { ok: true }]);
  });

  it('go on after a crash that left no attempt behind', async () => {
    const { id } = await insertWebhookDelivery(database, receiver.url);
    await database.kysely
      .updateTable('notification_deliveries')
      .set({ status: 'sending' })
      .where('id', '=', id)
      .execute();
    expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent' });
  });

  it.each([
    ['fails late', 500, 204],
    ['succeeds late', 204, 500],
  ])('that %s leave the delivery sent when the other succeeded', async (_case, late, takeover) => {
    const { promise: after, resolve: answer } = Promise.withResolvers<void>();
    receiver.answerNext({ status: late, after }, { status: takeover });
    const { id } = await insertWebhookDelivery(database, receiver.url);
    const slow = deliverOne(notifications, id);
    await requestsArrived(1);
    await ageOpenAttempt(id);
    await deliverOne(notifications, id);
    answer();
    expect(await slow).toMatchObject({ status: 'sent', retry: false });
    const row = await readDelivery(database, id);
    expect(row.status).toBe('sent');
    expect(row.sent_at).not.toBeNull();
    expect(row.attempts.map(({ response_status }) => response_status)).toEqual([late, takeover]);
    const ids = receiver.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([id, id]);
  });

  it('that fail late do not end a later one that is under way', async () => {
    const [first, later] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    receiver.answerNext({ status: 410, after: first.promise }, { status: 204, after: later.promise });
    const { id } = await insertWebhookDelivery(database, receiver.url);
    const slow = deliverOne(notifications, id);
    await requestsArrived(1);
    await ageOpenAttempt(id);
    const second = deliverOne(notifications, id);
    await requestsArrived(2);
    first.resolve();
    expect(await slow).toMatchObject({ status: 'sending', retry: true });
    later.resolve();
    expect(await second).toMatchObject({ status: 'sent', retry: false });
  });

  it('are not made alone of what a digest is telling at the moment', async () => {
    const { promise: after, resolve: answer } = Promise.withResolvers<void>();
    receiver.answerNext({ status: 204, after });
    const { digest, member } = await insertDigest();
    const telling = deliverOne(notifications, digest);
    await requestsArrived(1);
    expect(await readDelivery(database, member)).toMatchObject({ status: 'sending' });
    expect(await deliverOne(notifications, member)).toMatchObject({ retry: false });
    answer();
    expect(await telling).toMatchObject({ status: 'sent' });
    expect(receiver.requests).toHaveLength(1);
    expect(await readDelivery(database, member)).toMatchObject({ status: 'sent', attempts: [] });
  });

  it('leave nothing behind that is on its way for ever when the channel is removed meanwhile', async () => {
    const { promise: after, resolve: answer } = Promise.withResolvers<void>();
    receiver.answerNext({ status: 204, after });
    const { digest, member, channel_id } = await insertDigest();
    const telling = deliverOne(notifications, digest);
    await requestsArrived(1);
    await database.kysely.deleteFrom('notification_channels').where('id', '=', channel_id).execute();
    answer();
    await telling;
    expect(await readDelivery(database, member)).toMatchObject({
      status: 'suppressed',
      reason: 'The channel was removed.',
    });
  });

  it('do not depend on what others wrote past the API', async () => {
    const { id } = await insertWebhookDelivery(database, receiver.url);
    const other = await insertWebhookDelivery(database, receiver.url);
    await database.kysely
      .updateTable('notification_channels')
      .set({ settings: JSON.stringify({ http_message_signatures: 'perhaps' }) })
      .where('id', '=', other.channel_id)
      .execute();
    const results = await deliverAll(notifications, [other.id, id]);
    expect(results.map(({ status }) => status)).toEqual(['sent', 'sent']);
  });

  it('have nothing to attempt when there is no such delivery', async () => {
    const id = crypto.randomUUID();
    expect(await deliverOne(notifications, id)).toEqual({
      delivery_id: id,
      status: null,
      retry: false,
      retry_after_seconds: null,
      detail: 'There is no such delivery.',
    });
  });
});
