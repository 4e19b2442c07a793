import type { NotificationsApi } from '@torale/contracts';
import { createTestDatabase, insertAlert, type TestDatabase } from '@torale/testing';
import { deliverOne, insertWebhook, startNotifications } from './notifications-fixture.ts';

let db: TestDatabase;
let service: Awaited<ReturnType<typeof startNotifications>>;
let notifications: NotificationsApi;

beforeAll(async () => {
  db = await createTestDatabase();
  service = await startNotifications(db.database);
  notifications = service.api;
});
afterEach(() => service.jobs.clear());
afterAll(async () => {
  await service.app.close();
  await db.close();
});

const deliveriesOf = (alertId: string) =>
  db.database.kysely
    .selectFrom('notification_deliveries')
    .select(['id', 'user_id', 'channel', 'target', 'status', 'reason', 'channel_id', 'attempts'])
    .where('alert_id', '=', alertId)
    .orderBy('target')
    .execute();
const setPreferences = (userId: string, preferences: Record<string, unknown>) =>
  db.database.kysely
    .insertInto('notification_preferences')
    .values({ user_id: userId, ...preferences })
    .execute();

describe('notify', () => {
  it('writes one delivery per channel and target, and one job for each', async () => {
    const user = await db.createUser('anna@example.org');
    const first = await insertWebhook(db.database, user.id, 'https://one.example/hook');
    const second = await insertWebhook(db.database, user.id, 'https://two.example/hook');
    await insertWebhook(db.database, (await db.createUser()).id, 'https://stranger.example/hook');
    const alert = await insertAlert(db.database, { user_id: user.id });

    const { delivery_ids } = await notifications.notify({ alert_id: alert.id });

    const rows = await deliveriesOf(alert.id);
    const common = { user_id: user.id, status: 'queued', attempts: [] };
    expect(rows).toMatchObject([
      { ...common, channel: 'email', target: 'anna@example.org' },
      { ...common, channel: 'webhook', target: 'https://one.example/hook', channel_id: first },
      { ...common, channel: 'webhook', target: 'https://two.example/hook', channel_id: second },
    ]);
    const ids = rows.map(({ id }) => id).sort();
    expect([...delivery_ids].sort()).toEqual(ids);
    const jobs = await service.jobs.list();
    expect(jobs.map(({ queue }) => queue)).toEqual(['deliver', 'deliver', 'deliver']);
    expect(jobs.map(({ payload }) => (payload as { delivery_id: string }).delivery_id).sort()).toEqual(ids);
  });

  it('records an alert below min_severity as suppressed and enqueues nothing', async () => {
    const user = await db.createUser();
    await setPreferences(user.id, { min_severity: 'high' });
    const alert = await insertAlert(db.database, { user_id: user.id, severity: 'medium' });
    const { delivery_ids } = await notifications.notify({ alert_id: alert.id });
    expect(await deliveriesOf(alert.id)).toMatchObject([{ id: delivery_ids[0], status: 'suppressed' }]);
    expect(await service.jobs.list()).toEqual([]);
    expect(await deliverOne(notifications, delivery_ids[0]!)).toMatchObject({
      status: 'suppressed',
      retry: false,
    });
  });

  it('records why nobody is told when no channel can be used', async () => {
    const user = await db.createUser('anna@example.net');
    await db.database.kysely
      .updateTable('notification_channels')
      .set({ is_default: false })
      .where('user_id', '=', user.id)
      .execute();
    const first = await insertAlert(db.database, { user_id: user.id });
    await notifications.notify({ alert_id: first.id });
    expect(await deliveriesOf(first.id)).toMatchObject([
      {
        target: 'anna@example.net',
        status: 'suppressed',
        reason: 'None of your channels is a default one, and the query chooses none.',
      },
    ]);

    await insertWebhook(db.database, user.id, 'https://one.example/hook', { status: 'pending' });
    await insertWebhook(db.database, user.id, 'https://two.example/hook', { status: 'disabled' });
    const second = await insertAlert(db.database, { user_id: user.id });
    await notifications.notify({ alert_id: second.id });
    expect(await deliveriesOf(second.id)).toMatchObject([
      { target: 'https://one.example/hook', status: 'suppressed', reason: 'The channel is not verified.' },
      { target: 'https://two.example/hook', status: 'suppressed', reason: 'The channel is disabled.' },
    ]);

    await db.database.kysely.deleteFrom('notification_channels').where('user_id', '=', user.id).execute();
    const third = await insertAlert(db.database, { user_id: user.id });
    await notifications.notify({ alert_id: third.id });
    expect(await deliveriesOf(third.id)).toMatchObject([
      { channel_id: null, status: 'suppressed', reason: 'You have no channel.' },
    ]);
    expect(await service.jobs.list()).toEqual([]);
  });

  it('decides once: again and at the same time it gives the same deliveries', async () => {
    const user = await db.createUser('before@example.org');
    const alert = await insertAlert(db.database, { user_id: user.id });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => notifications.notify({ alert_id: alert.id })),
    );
    await insertWebhook(db.database, user.id, 'https://late.example/hook');
    answers.push(await notifications.notify({ alert_id: alert.id }));

    const rows = await deliveriesOf(alert.id);
    expect(rows).toMatchObject([{ target: 'before@example.org' }]);
    expect(answers).toEqual(answers.map(() => ({ delivery_ids: [rows[0]!.id] })));
    expect(await service.jobs.list()).toHaveLength(1);
  });

  it('writes no delivery when its job cannot be enqueued', async () => {
    const alert = await insertAlert(db.database);
    const enqueue = service.jobs.enqueue;
    service.jobs.enqueue = async (...args) => {
      await enqueue(...args);
      throw new Error('the engine is gone');
    };
    try {
      await expect(notifications.notify({ alert_id: alert.id })).rejects.toThrow('the engine is gone');
    } finally {
      service.jobs.enqueue = enqueue;
    }
    expect(await deliveriesOf(alert.id)).toEqual([]);
    expect(await service.jobs.list()).toEqual([]);
  });

  it('does not know an alert that is not there', async () => {
    await expect(notifications.notify({ alert_id: crypto.randomUUID() })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
