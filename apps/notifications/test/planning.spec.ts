import type { NotificationPreferences, NotificationsApi } from '@torale/contracts';
import {
  accountChannel,
  createTestDatabase,
  insertAlert,
  insertChannel,
  insertNotice,
  insertSource,
  insertUserQuery,
  type TestDatabase,
  WebhookReceiver,
} from '@torale/testing';
import { sql } from 'kysely';
import {
  deliverAll,
  deliverOne,
  insertWebhook,
  readDelivery,
  startNotifications,
} from './notifications-fixture.ts';

let db: TestDatabase;
let service: Awaited<ReturnType<typeof startNotifications>>;
let notifications: NotificationsApi;
let receiver: WebhookReceiver;
/** With attempts to spare. */
let patient: Awaited<ReturnType<typeof startNotifications>>;
let now: Date;
let clock: () => Date;

/** A day of which nobody knows what it will bring. */
const at = (time: string, day = '2031-05-14') => new Date(`${day}T${time}:00.000Z`);

beforeAll(async () => {
  [db, receiver] = await Promise.all([createTestDatabase(), WebhookReceiver.start()]);
  service = await startNotifications(db.database, { DELIVERY_MAX_ATTEMPTS: '1' }, () => clock());
  patient = await startNotifications(db.database, {}, () => clock());
  notifications = service.api;
});
beforeEach(() => {
  now = at('09:30');
  clock = () => now;
});
afterEach(() => service.jobs.clear());
afterAll(async () => {
  await Promise.all([service.app.close(), patient.app.close()]);
  await Promise.all([db.close(), receiver.close()]);
});

async function userWith(preferences: Partial<NotificationPreferences>) {
  const user = await db.createUser();
  await setPreferences(user.id, preferences);
  const query = await insertUserQuery(db.database, { user_id: user.id });
  const source = await insertSource(db.database, { user_id: user.id, user_query_id: query.id });
  const raise = (summary = 'The price dropped.') =>
    insertAlert(db.database, { source_id: source.id, summary });
  return { user, query, source, raise };
}

const setPreferences = (userId: string, { quiet_hours, ...rest }: Partial<NotificationPreferences>) => {
  const values = {
    user_id: userId,
    ...rest,
    ...(quiet_hours !== undefined && { quiet_hours: quiet_hours && JSON.stringify(quiet_hours) }),
  };
  return db.database.kysely
    .insertInto('notification_preferences')
    .values(values)
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
    .execute();
};
const setQuery = (id: string, change: Record<string, unknown>) =>
  db.database.kysely.updateTable('user_queries').set(change).where('id', '=', id).execute();

/** Tells of an alert to one channel. */
async function tell(alertId: string): Promise<string> {
  const { delivery_ids } = await notifications.notify({ alert_id: alertId });
  expect(delivery_ids).toHaveLength(1);
  return delivery_ids[0]!;
}
const read = (id: string) => readDelivery(db.database, id);
const mailsOf = (userId: string) =>
  db.database.kysely.selectFrom('outbox_emails').selectAll().where('user_id', '=', userId).execute();
const digestsOf = (userId: string) =>
  db.database.kysely
    .selectFrom('notification_deliveries')
    .selectAll()
    .where('user_id', '=', userId)
    .where('digest_id', 'is not', null)
    .orderBy('not_before')
    .execute();

const night = { quiet_hours: { from: '22:00', to: '07:00' } };

describe('quiet hours', () => {
  it('hold what is raised in them until they end, and then it is told once', async () => {
    now = at('22:30');
    const { user, raise } = await userWith(night);
    const id = await tell((await raise()).id);
    expect(await read(id)).toMatchObject({
      status: 'queued',
      not_before: '2031-05-15T07:00:00.000Z',
      reason: 'It is held until your quiet hours end.',
    });
    expect(await service.jobs.timesOf(id)).toEqual(['2031-05-15T07:00:00.000Z']);

    // A job that comes before its time leaves another one behind, so that it is never the last.
    expect(await deliverOne(notifications, id)).toMatchObject({ status: 'queued', retry: false });
    expect(await service.jobs.timesOf(id)).toHaveLength(2);
    expect(await mailsOf(user.id)).toEqual([]);

    now = at('07:00', '2031-05-15');
    const results = await Promise.all([deliverOne(notifications, id), deliverOne(notifications, id)]);
    expect(results.map(({ status }) => status)).toContain('sent');
    expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent', retry: false });
    expect(await mailsOf(user.id)).toHaveLength(1);
    expect(await read(id)).toMatchObject({ status: 'sent', reason: null, not_before: null });
  });

  it('that began since it was raised hold it too', async () => {
    const { raise, user } = await userWith({});
    const id = await tell((await raise()).id);
    await setPreferences(user.id, { quiet_hours: { from: '09:00', to: '10:00' } });
    expect(await deliverOne(notifications, id)).toMatchObject({
      status: 'queued',
      detail: 'It is held until your quiet hours end.',
    });
    expect(await service.jobs.timesOf(id)).toEqual([null, '2031-05-14T10:00:00.000Z']);
  });
});

describe('what is held is told nobody when, until its time,', () => {
  async function held() {
    now = at('22:30');
    const { user, query, raise } = await userWith(night);
    return { user, query, id: await tell((await raise()).id) };
  }

  it.each([
    ['its query is muted', { muted: true }, 'The query is muted.'],
    ['its severity is too low', null, 'Its severity is below high, the least that you want to be told of.'],
  ])('%s', async (_case, change, reason) => {
    const { user, query, id } = await held();
    if (change) await setQuery(query.id, change);
    else await setPreferences(user.id, { min_severity: 'high' });
    now = at('07:00', '2031-05-15');
    expect(await deliverOne(notifications, id)).toMatchObject({ status: 'suppressed', retry: false });
    expect(await read(id)).toMatchObject({ status: 'suppressed', reason, attempts: [] });
    expect(await mailsOf(user.id)).toEqual([]);
  });

  it('its channel is unsubscribed, muted, disabled, removed or not chosen any more', async () => {
    const cases = await Promise.all(Array.from({ length: 5 }, held));
    const channels = await Promise.all(cases.map(({ user }) => accountChannel(db.database, user.id)));
    const { kysely } = db.database;
    const change = (index: number, values: object) =>
      kysely.updateTable('notification_channels').set(values).where('id', '=', channels[index]!.id).execute();
    await setQuery(cases[0]!.query.id, { unsubscribed_channel_ids: [channels[0]!.id] });
    await change(1, { muted: true });
    await change(2, { status: 'disabled' });
    await kysely.deleteFrom('notification_channels').where('id', '=', channels[3]!.id).execute();
    const other = await insertChannel(db.database, { user_id: cases[4]!.user.id });
    await setQuery(cases[4]!.query.id, { channel_ids: [other.id] });

    now = at('07:00', '2031-05-15');
    await deliverAll(
      notifications,
      cases.map(({ id }) => id),
    );
    const reasons = await Promise.all(cases.map(async ({ id }) => (await read(id)).reason));
    expect(reasons).toEqual([
      'The query was unsubscribed from this channel.',
      'The channel is muted.',
      'The channel is disabled.',
      'The channel was removed.',
      'The query is told through other channels now.',
    ]);
  });

  it('its query is snoozed for longer: then it waits for longer', async () => {
    const { user, query, id } = await held();
    await setQuery(query.id, { snoozed_until: at('12:00', '2031-05-15') });
    now = at('07:00', '2031-05-15');
    expect(await deliverOne(notifications, id)).toMatchObject({ status: 'queued', retry: false });
    expect(await read(id)).toMatchObject({ not_before: '2031-05-15T12:00:00.000Z' });
    now = at('12:00', '2031-05-15');
    await deliverOne(notifications, id);
    expect(await mailsOf(user.id)).toHaveLength(1);
  });
});

describe('digests', () => {
  it('gather what comes within their time, and are sent once as one message', async () => {
    const { user, source, raise } = await userWith({ mode: 'hourly' });
    const first = await tell((await raise('The price dropped.')).id);
    now = at('09:59');
    const second = await tell((await raise('It is in stock.')).id);
    const notice = await insertNotice(db.database, { source_id: source.id });
    const [third] = (await notifications.notify({ notice_id: notice.id })).delivery_ids;

    const [digest, ...others] = await digestsOf(user.id);
    expect(others).toEqual([]);
    expect(digest).toMatchObject({ status: 'queued', not_before: '2031-05-14T10:00:00.000Z' });
    expect(await service.jobs.timesOf(digest!.id)).toEqual(['2031-05-14T10:00:00.000Z']);
    for (const id of [first, second, third!]) {
      expect(await read(id)).toMatchObject({ status: 'queued', in_digest_id: digest!.digest_id });
      expect(await service.jobs.timesOf(id)).toEqual([]);
      expect(await deliverOne(notifications, id)).toMatchObject({ status: 'queued', retry: false });
    }
    expect(await deliverOne(notifications, digest!.id)).toMatchObject({ status: 'queued', retry: false });

    now = at('10:00');
    expect(await deliverOne(notifications, digest!.id)).toMatchObject({ status: 'sent' });
    await deliverOne(notifications, digest!.id);
    const [mail, ...more] = await mailsOf(user.id);
    expect(more).toEqual([]);
    expect(mail!.subject).toBe('Torale: 2 alerts and 1 notice');
    for (const words of ['The price dropped.', 'It is in stock.', 'Torale cannot read']) {
      expect(mail!.text_body).toContain(words);
    }
    const { sent_at } = await read(digest!.id);
    for (const id of [first, second, third!]) {
      expect(await read(id)).toMatchObject({ status: 'sent', sent_at, provider: 'outbox', attempts: [] });
    }

    const late = await tell((await raise()).id);
    expect(await read(late)).toMatchObject({ not_before: '2031-05-14T11:00:00.000Z' });
  });

  it('of one thing read like that one thing', async () => {
    const { user, raise } = await userWith({ mode: 'daily', daily_at: '18:00' });
    await tell((await raise('Registration is open.')).id);
    const [digest] = await digestsOf(user.id);
    now = at('18:00');
    await deliverOne(notifications, digest!.id);
    expect(await mailsOf(user.id)).toMatchObject([{ subject: 'Registration is open.' }]);
  });

  it('leave out what is not to be told any more, or not yet', async () => {
    const { user, query, raise } = await userWith({ mode: 'hourly' });
    const source = (user_query_id: string) => insertSource(db.database, { user_id: user.id, user_query_id });
    const [muted, snoozed, gone] = await Promise.all(
      [1, 2, 3].map(async () => {
        const { id } = await insertUserQuery(db.database, { user_id: user.id });
        const alert = await insertAlert(db.database, {
          source_id: (await source(id)).id,
          summary: 'Unheard.',
        });
        return { query_id: id, delivery: await tell(alert.id) };
      }),
    );
    const stays = await tell((await raise('Heard.')).id);
    await setQuery(muted!.query_id, { muted: true });
    await setQuery(snoozed!.query_id, { snoozed_until: at('10:30') });
    await db.database.kysely.deleteFrom('user_queries').where('id', '=', gone!.query_id).execute();

    const [digest] = await digestsOf(user.id);
    now = at('10:00');
    expect(await deliverOne(notifications, digest!.id)).toMatchObject({ status: 'sent' });
    expect(await mailsOf(user.id)).toMatchObject([{ subject: 'Heard.' }]);
    expect(await read(stays)).toMatchObject({ status: 'sent' });
    expect(await read(muted!.delivery)).toMatchObject({
      status: 'suppressed',
      reason: 'The query is muted.',
    });
    expect(await read(snoozed!.delivery)).toMatchObject({
      status: 'queued',
      not_before: '2031-05-14T11:00:00.000Z',
    });

    // Nothing is left of the next one.
    await setQuery(snoozed!.query_id, { muted: true });
    const next = (await digestsOf(user.id)).find(({ id }) => id !== digest!.id);
    now = at('11:00');
    expect(await deliverOne(notifications, next!.id)).toMatchObject({
      status: 'suppressed',
      detail: 'There was nothing left to tell.',
    });
    expect(await mailsOf(user.id)).toHaveLength(1);
    expect(query.muted).toBe(false);
  });

  it('lose nothing whose snooze ends while they are looked at', async () => {
    const { user, query, raise } = await userWith({ mode: 'hourly' });
    const id = await tell((await raise('Awake.')).id);
    await setPreferences(user.id, { mode: 'immediate' });
    await setQuery(query.id, { snoozed_until: at('10:00') });
    const [digest] = await digestsOf(user.id);
    // Time goes on from look to look at the clock.
    let moment = at('10:00').getTime() - 2;
    clock = () => new Date(moment++);
    await db.database.kysely
      .updateTable('notification_deliveries')
      .set({ not_before: at('09:59') })
      .where('id', '=', digest!.id)
      .execute();
    expect(await deliverOne(notifications, digest!.id)).toMatchObject({ status: 'sent' });
    expect(await read(id)).toMatchObject({ status: 'sent' });
  });

  it('of which nothing is left when they are tried again say so', async () => {
    const { user, query, raise } = await userWith({ mode: 'hourly' });
    const channel = await insertWebhook(db.database, user.id, receiver.url);
    await setQuery(query.id, { channel_ids: [channel] });
    await tell((await raise()).id);
    const [digest] = await digestsOf(user.id);
    receiver.answerNext({ status: 503 });
    now = at('10:00');
    expect(await deliverOne(patient.api, digest!.id)).toMatchObject({ status: 'queued' });
    await db.database.kysely.deleteFrom('user_queries').where('id', '=', query.id).execute();
    expect(await deliverOne(patient.api, digest!.id)).toMatchObject({
      status: 'failed',
      detail: 'There is nothing left to tell.',
    });
  });

  it('that fail take everything in them along', async () => {
    const { user, query, raise } = await userWith({ mode: 'hourly' });
    const channel = await insertWebhook(db.database, user.id, receiver.url);
    await setQuery(query.id, { channel_ids: [channel] });
    const ids = [await tell((await raise()).id), await tell((await raise()).id)];
    const [digest] = await digestsOf(user.id);
    receiver.answerNext({ status: 500 });
    now = at('10:00');
    expect(await deliverOne(notifications, digest!.id)).toMatchObject({ status: 'failed' });
    const { reason } = await read(digest!.id);
    for (const id of ids) expect(await read(id)).toMatchObject({ status: 'failed', reason });
  });

  it('wait for a channel in vain that is removed', async () => {
    const { user, raise } = await userWith({ mode: 'hourly' });
    const id = await tell((await raise()).id);
    await db.database.kysely.deleteFrom('notification_channels').where('user_id', '=', user.id).execute();
    expect(await read(id)).toMatchObject({
      status: 'suppressed',
      reason: 'The channel was removed.',
      in_digest_id: null,
    });
  });
});

describe('a cap per day', () => {
  /** Deliveries are dated by the database: the day is today, and it is noon there. */
  const offset = new Date().getUTCHours() - 12;
  const time_zone = `Etc/GMT${offset < 0 ? '-' : '+'}${Math.abs(offset)}`;
  const nextMidnight = () => {
    const local = new Date(Date.now() - offset * 3_600_000);
    return new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() + 1, offset));
  };
  beforeEach(() => {
    now = new Date();
  });

  it('is never exceeded, and what is beyond comes as one digest the next day', async () => {
    const { user, raise } = await userWith({ time_zone, max_per_day: 2 });
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push(await tell((await raise(`Alert ${count}`)).id));
    await Promise.all([deliverAll(notifications, ids.slice(0, 3)), deliverAll(notifications, ids.slice(3))]);

    const rows = await Promise.all(ids.map(read));
    expect(rows.map(({ status }) => status).sort()).toEqual(['queued', 'queued', 'queued', 'sent', 'sent']);
    const waiting = rows.filter(({ status }) => status === 'queued');
    const [digest] = await digestsOf(user.id);
    const midnight = nextMidnight();
    expect(digest!.not_before).toBe(midnight.toISOString());
    for (const { in_digest_id, reason } of waiting) {
      expect(in_digest_id).toBe(digest!.digest_id);
      expect(reason).toBe('It is beyond the 2 messages of a day and comes with a digest on the next.');
    }
    expect(await mailsOf(user.id)).toHaveLength(2);

    now = midnight;
    expect(await deliverOne(notifications, digest!.id)).toMatchObject({ status: 'sent' });
    expect((await mailsOf(user.id)).map(({ subject }) => subject)).toContain('Torale: 3 alerts');
  });

  it('counts what has failed and is tried again', async () => {
    const { user, query, raise } = await userWith({ time_zone, max_per_day: 1 });
    const channel = await insertWebhook(db.database, user.id, receiver.url);
    await setQuery(query.id, { channel_ids: [channel] });
    const [first, second] = [await tell((await raise()).id), await tell((await raise()).id)];
    receiver.answerNext({ status: 503 });
    expect(await deliverOne(patient.api, first)).toMatchObject({ status: 'queued', retry: true });
    expect(await deliverOne(patient.api, second)).toMatchObject({ status: 'queued', retry: false });
    expect(await deliverOne(patient.api, first)).toMatchObject({ status: 'sent' });
    expect(await read(second)).toMatchObject({ in_digest_id: expect.any(String) });
  });

  it('leaves room for the digest that is due on the day', async () => {
    const { user, raise } = await userWith({ time_zone, max_per_day: 1 });
    const [first, beyond] = [await tell((await raise()).id), await tell((await raise()).id)];
    await deliverAll(notifications, [first, beyond]);
    const [digest] = await digestsOf(user.id);
    now = nextMidnight();
    const early = await tell((await raise()).id);
    expect(await deliverOne(notifications, early)).toMatchObject({ status: 'queued' });
    expect(await deliverOne(notifications, digest!.id)).toMatchObject({ status: 'sent' });
  });

  it('holds for digests too, whose parts join the next day’s', async () => {
    const { user, raise } = await userWith({ time_zone, max_per_day: 1 });
    await deliverOne(notifications, await tell((await raise()).id));
    await setPreferences(user.id, { mode: 'hourly' });
    const late = await tell((await raise()).id);
    const [hourly] = await digestsOf(user.id);
    now = new Date(hourly!.not_before!);
    expect(await deliverOne(notifications, hourly!.id)).toMatchObject({ status: 'suppressed' });
    expect(await read(late)).toMatchObject({ status: 'queued', not_before: nextMidnight().toISOString() });
  });
});

describe('other preferences', () => {
  const changesOf = async (userId: string) => {
    const rows = await db.database.kysely
      .selectFrom('events')
      .select('data')
      .where('user_id', '=', userId)
      .where('type', '=', 'preferences.changed')
      .execute();
    return rows.map(({ data }) => data);
  };

  it('are an event, and so is what a query says of channels and snoozing', async () => {
    const { user, query } = await userWith({});
    await setPreferences(user.id, { mode: 'daily' });
    await setQuery(query.id, { snoozed_until: at('12:00') });
    await setQuery(query.id, { snoozed_until: at('12:00') });
    await setQuery(query.id, { raw_query: 'Something else' });
    expect(await changesOf(user.id)).toEqual(Array.from({ length: 3 }, () => ({ user_id: user.id })));
  });

  it('bring what is held forward, once', async () => {
    now = at('22:30');
    const { user, raise } = await userWith(night);
    const id = await tell((await raise()).id);
    await setPreferences(user.id, { quiet_hours: null });
    expect(await notifications.replan({ user_id: user.id })).toEqual({ moved: 1 });
    expect(await notifications.replan({ user_id: user.id })).toEqual({ moved: 0 });
    expect(await service.jobs.timesOf(id)).toEqual([null, '2031-05-15T07:00:00.000Z']);
    expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent' });
    now = at('07:00', '2031-05-15');
    await deliverOne(notifications, id);
    expect(await mailsOf(user.id)).toHaveLength(1);
  });

  it('move it into digests, between them and out of them', async () => {
    now = at('22:30');
    const { user, raise } = await userWith(night);
    const ids = [await tell((await raise()).id), await tell((await raise()).id)];
    const places = async () => {
      const rows = await Promise.all(ids.map(read));
      return rows.map(({ not_before, in_digest_id }) => `${not_before} ${in_digest_id !== null}`);
    };

    await setPreferences(user.id, { mode: 'daily', daily_at: '08:00' });
    expect(await notifications.replan({ user_id: user.id })).toEqual({ moved: 2 });
    expect(await places()).toEqual(Array.from({ length: 2 }, () => '2031-05-15T08:00:00.000Z true'));

    await setPreferences(user.id, { mode: 'hourly' });
    await notifications.replan({ user_id: user.id });
    expect(await places()).toEqual(Array.from({ length: 2 }, () => '2031-05-15T07:00:00.000Z true'));

    await setPreferences(user.id, { mode: 'immediate', quiet_hours: null });
    await notifications.replan({ user_id: user.id });
    expect(await places()).toEqual(Array.from({ length: 2 }, () => 'null false'));
    await deliverAll(notifications, ids);
    now = at('12:00', '2031-05-15');
    const digests = await digestsOf(user.id);
    expect(digests).toHaveLength(2);
    const results = await deliverAll(
      notifications,
      digests.map(({ id }) => id),
    );
    expect(results.map(({ status }) => status)).toEqual(['suppressed', 'suppressed']);
    expect(await mailsOf(user.id)).toHaveLength(2);
  });

  it('and channels that are added to a query tell what is held too; what is muted meanwhile may come back', async () => {
    now = at('22:30');
    const { user, query, raise } = await userWith(night);
    const id = await tell((await raise()).id);
    const channel = await insertWebhook(db.database, user.id, receiver.url);
    const account = await accountChannel(db.database, user.id);
    await setQuery(query.id, { channel_ids: [account.id, channel], muted: true });
    expect(await notifications.replan({ user_id: user.id })).toEqual({ moved: 0 });
    expect(await read(id)).toMatchObject({ status: 'queued' });
    await setQuery(query.id, { muted: false });
    expect(await notifications.replan({ user_id: user.id })).toEqual({ moved: 1 });
    const rows = await db.database.kysely
      .selectFrom('notification_deliveries')
      .select(['channel', 'status', 'not_before'])
      .where('user_id', '=', user.id)
      .orderBy('channel')
      .execute();
    const held = { status: 'queued', not_before: '2031-05-15T07:00:00.000Z' };
    expect(rows).toEqual([
      { channel: 'email', ...held },
      { channel: 'webhook', ...held },
    ]);
  });

  it('and another address of the account take what waits along, and what was chosen of the old one', async () => {
    const { user, query, raise } = await userWith({ mode: 'daily', daily_at: '18:00' });
    const old = await accountChannel(db.database, user.id);
    await setQuery(query.id, { channel_ids: [old.id] });
    await db.database.kysely
      .updateTable('notification_channels')
      .set({ is_default: false })
      .where('id', '=', old.id)
      .execute();
    const id = await tell((await raise('Still told.')).id);
    const before = await changesOf(user.id);
    await sql`update auth.users set email = 'moved@example.org' where id = ${user.id}`.execute(
      db.database.kysely,
    );
    expect((await changesOf(user.id)).length).toBeGreaterThan(before.length);
    const account = await accountChannel(db.database, user.id);
    expect(account).toMatchObject({ target: 'moved@example.org', is_default: false });
    await notifications.replan({ user_id: user.id });

    const [digest, ...others] = await digestsOf(user.id);
    expect(others).toEqual([]);
    now = at('18:00');
    expect(await deliverOne(notifications, digest!.id)).toMatchObject({ status: 'sent' });
    expect(await mailsOf(user.id)).toMatchObject([
      { to_address: 'moved@example.org', subject: 'Still told.' },
    ]);
    expect(await read(id)).toMatchObject({ status: 'sent', channel_id: account.id });
  });

  it('that nobody checked keep no alert from its user', async () => {
    const { user, raise } = await userWith({ time_zone: 'Mars/Olympus_Mons', mode: 'daily' });
    await db.database.kysely
      .updateTable('notification_preferences')
      .set({ quiet_hours: '{"from": 7}' })
      .where('user_id', '=', user.id)
      .execute();
    expect(await read(await tell((await raise()).id))).toMatchObject({
      not_before: '2031-05-15T08:00:00.000Z',
    });
  });
});
