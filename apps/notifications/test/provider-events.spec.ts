import type { NotificationsApi } from '@torale/contracts';
import {
  createTestDatabase,
  FakeSendGrid,
  insertAlert,
  insertDelivery,
  insertUserQuery,
  type TestDatabase,
} from '@torale/testing';
import { sql } from 'kysely';
import { deliverOne, insertWebhook, readDelivery, startNotifications } from './notifications-fixture.ts';

let db: TestDatabase;
let sendGrid: FakeSendGrid;
let service: Awaited<ReturnType<typeof startNotifications>>;
let notifications: NotificationsApi;
let now = new Date();

beforeAll(async () => {
  [db, sendGrid] = await Promise.all([createTestDatabase(), FakeSendGrid.start('SG.key')]);
  const environment = {
    SENDGRID_API_KEY: 'SG.key',
    SENDGRID_BASE_URL: sendGrid.url,
    SENDGRID_WEBHOOK_PUBLIC_KEY: sendGrid.verificationKey,
    MAIL_FROM: 'Torale <alerts@torale.example>',
    PUBLIC_URL: 'https://torale.example/',
  };
  service = await startNotifications(db.database, environment, () => now);
  notifications = service.api;
});
beforeEach(() => {
  now = new Date();
});
afterAll(async () => {
  await service.app.close();
  await Promise.all([db.close(), sendGrid.close()]);
});

/** A mail that SendGrid has taken. */
async function sent() {
  const delivery = await insertDelivery(db.database);
  await deliverOne(notifications, delivery.id);
  return delivery;
}
const record = (events: object[], sentAt = new Date()) => {
  const { body, signature, timestamp } = sendGrid.signEvents(events, sentAt);
  return notifications.recordSendGridEvents({ body, signature, timestamp });
};
const event = (kind: string, delivery_id: string, more: object = {}) => ({
  email: 'anna@example.org',
  timestamp: Math.floor(Date.now() / 1000),
  event: kind,
  sg_event_id: crypto.randomUUID(),
  sg_message_id: '14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0',
  delivery_id,
  ...more,
});
const channelOf = (id: string) =>
  db.database.kysely
    .selectFrom('notification_channels')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
const noticesOf = (channelId: string) =>
  db.database.kysely.selectFrom('notices').selectAll().where('channel_id', '=', channelId).execute();

const bounce = { reason: '550 5.1.1 No such user', status: '5.1.1', type: 'bounce' };

describe('what became of a mail', () => {
  it.each([
    ['delivered', {}, 'delivered', null],
    ['bounce', bounce, 'bounced', 'The mail server of the recipient refused it: 550 5.1.1 No such user'],
    [
      'bounce',
      { reason: 'Greylisted', type: 'blocked' },
      'bounced',
      'The mail server of the recipient refused it: Greylisted',
    ],
    ['dropped', { reason: 'Bounced Address' }, 'failed', 'SendGrid did not send it: Bounced Address'],
    ['deferred', { response: '450 busy' }, 'sent', 'The mail server of the recipient lets it wait: 450 busy'],
    ['spamreport', {}, 'sent', 'The recipient reported a mail as spam.'],
    ['processed', {}, 'sent', null],
    ['open', {}, 'sent', null],
    ['a_newer_kind', {}, 'sent', null],
  ] as const)('%s %j: %s', async (kind, more, status, reason) => {
    const { id } = await sent();
    await record([event(kind, id, more)]);
    expect(await readDelivery(db.database, id)).toMatchObject({ status, reason });
  });

  it.each([
    [['delivered', 'bounce'], 'bounced'],
    [['bounce', 'delivered'], 'bounced'],
    [['delivered', 'deferred', 'delivered'], 'delivered'],
    [['deferred', 'delivered'], 'delivered'],
    [['dropped', 'dropped'], 'failed'],
    [['bounce', 'delivered', 'bounce', 'deferred'], 'bounced'],
  ])('%j end as %s, however often they are told', async (kinds, status) => {
    const { id } = await sent();
    const batch = kinds.map((kind) => event(kind, id));
    await record(batch);
    expect(await readDelivery(db.database, id)).toMatchObject({ status });
    expect(await record(batch)).toEqual({ recorded: 0 });
    expect(await readDelivery(db.database, id)).toMatchObject({ status });
  });

  it('is found by its id at the provider without a look at every delivery', async () => {
    const plan = await db.database.transaction(async (transaction) => {
      await sql`set local enable_seqscan = off`.execute(transaction);
      const { rows } = await sql<{ 'QUERY PLAN': string }>`
        explain select id from notification_deliveries
        where provider = 'sendgrid' and provider_message_id = 'abc'`.execute(transaction);
      return rows.map((row) => row['QUERY PLAN']).join(' ');
    });
    expect(plan).toContain('notification_deliveries_provider_message_idx');
  });

  it('is known by the id of SendGrid too, and of what is not ours nothing is said', async () => {
    const { id } = await sent();
    const { provider_message_id } = await readDelivery(db.database, id);
    const { delivery_id: _, ...nameless } = event('delivered', id);
    const { recorded } = await record([
      event('delivered', crypto.randomUUID()),
      event('delivered', 'not an id'),
      'not an event',
      { event: 'delivered' },
      { ...nameless, sg_message_id: 'somebody-elses.recvd-1' },
      { ...nameless, sg_message_id: `${provider_message_id}.recvd-canary-7f8d-1-65.0` },
    ] as object[]);
    expect(recorded).toBe(1);
    expect(await readDelivery(db.database, id)).toMatchObject({ status: 'delivered' });
  });

  it('may be told before who sent it has written that down: it is not sent again', async () => {
    const { id } = await sent();
    await db.database.kysely
      .updateTable('notification_deliveries')
      .set({ status: 'queued', sent_at: null })
      .where('id', '=', id)
      .execute();
    await record([event('delivered', id)]);
    const mails = sendGrid.mails.length;
    expect(await deliverOne(notifications, id)).toMatchObject({ status: 'delivered', retry: false });
    expect(sendGrid.mails).toHaveLength(mails);
    expect((await readDelivery(db.database, id)).sent_at).not.toBeNull();
  });

  it('holds for everything in a digest', async () => {
    const user = await db.createUser();
    await db.database.kysely
      .insertInto('notification_preferences')
      .values({ user_id: user.id, mode: 'hourly' })
      .execute();
    const query = await insertUserQuery(db.database, { user_id: user.id });
    const members: string[] = [];
    for (let count = 0; count < 2; count++) {
      const alert = await insertAlert(db.database, { user_id: user.id, user_query_id: query.id });
      members.push(...(await notifications.notify({ alert_id: alert.id })).delivery_ids);
    }
    const digest = await db.database.kysely
      .selectFrom('notification_deliveries')
      .select(['id', 'not_before'])
      .where('user_id', '=', user.id)
      .where('digest_id', 'is not', null)
      .executeTakeFirstOrThrow();
    now = new Date(digest.not_before!);
    expect(await deliverOne(notifications, digest.id)).toMatchObject({ status: 'sent' });
    now = new Date();
    await record([event('bounce', digest.id, bounce)]);
    for (const id of members) {
      expect(await readDelivery(db.database, id)).toMatchObject({
        status: 'bounced',
        reason: expect.stringContaining('No such user'),
      });
    }
  });
});

describe('a channel', () => {
  it.each([
    ['bounce', bounce],
    ['spamreport', {}],
    ['dropped', { reason: 'Spam Reporting Address' }],
  ])('that ends in a %s is disabled once, and its owner is told through the others', async (kind, more) => {
    const delivery = await sent();
    await insertWebhook(db.database, delivery.user_id, `https://hooks.example/${delivery.id}`);
    const gone = event(kind, delivery.id, more);
    await record([gone, gone]);
    await record([gone]);
    const channel = await channelOf(delivery.channel_id!);
    expect(channel).toMatchObject({ status: 'disabled', disabled_reason: expect.any(String) });
    const [notice, ...others] = await noticesOf(channel.id);
    expect(others).toEqual([]);
    expect(notice).toMatchObject({ kind: 'channel_disabled', detail: channel.disabled_reason });
    const happened = await db.database.kysely
      .selectFrom('events')
      .select('data')
      .where('type', '=', 'channel.disabled')
      .where('user_id', '=', delivery.user_id)
      .execute();
    expect(happened).toEqual([{ data: { notice_id: notice!.id, channel_id: channel.id } }]);
    const { delivery_ids } = await notifications.notify({ notice_id: notice!.id });
    expect(delivery_ids).toHaveLength(1);
    expect(await readDelivery(db.database, delivery_ids[0]!)).toMatchObject({
      channel: 'webhook',
      status: 'queued',
    });

    // Its owner has confirmed it again since.
    await db.database.kysely
      .updateTable('notification_channels')
      .set({ status: 'verified', verified_at: new Date(Date.now() + 5000) })
      .where('id', '=', channel.id)
      .execute();
    await record([gone]);
    expect(await channelOf(channel.id)).toMatchObject({ status: 'verified' });
  });

  it('that was blocked for once stays', async () => {
    const delivery = await sent();
    await record([event('bounce', delivery.id, { type: 'blocked' })]);
    expect(await channelOf(delivery.channel_id!)).toMatchObject({ status: 'verified' });
  });

  it('that was unsubscribed at SendGrid is muted', async () => {
    const delivery = await sent();
    await record([event('unsubscribe', delivery.id)]);
    expect(await channelOf(delivery.channel_id!)).toMatchObject({ muted: true, status: 'verified' });
  });
});

describe('a request', () => {
  const anything = () => event('delivered', crypto.randomUUID());

  it('is refused unsigned, signed by another, changed, and signed long ago or ahead', async () => {
    const genuine = sendGrid.signEvents([anything()]);
    const stranger = await FakeSendGrid.start('SG.key');
    const forged = stranger.signEvents([anything()]);
    await stranger.close();
    const old = sendGrid.signEvents([anything()], new Date(Date.now() - 11 * 60_000));
    const ahead = sendGrid.signEvents([anything()], new Date(Date.now() + 11 * 60_000));
    const cases: [Partial<typeof genuine>, string][] = [
      [{ signature: undefined }, 'unauthenticated'],
      [{ timestamp: undefined }, 'unauthenticated'],
      [forged, 'forbidden'],
      [{ body: genuine.body.replace('delivered', 'bounce') }, 'forbidden'],
      [{ timestamp: String(Number(genuine.timestamp) + 1) }, 'forbidden'],
      [{ timestamp: 'now' }, 'forbidden'],
      [{ signature: 'nonsense' }, 'forbidden'],
      [{ signature: 'A'.repeat(100_000) }, 'forbidden'],
      [old, 'forbidden'],
      [ahead, 'forbidden'],
    ];
    for (const [changes, code] of cases) {
      const { body, signature = null, timestamp = null } = { ...genuine, ...changes };
      await expect(notifications.recordSendGridEvents({ body, signature, timestamp })).rejects.toMatchObject({
        code,
      });
    }
    const { body, signature, timestamp } = genuine;
    expect(await notifications.recordSendGridEvents({ body, signature, timestamp })).toEqual({ recorded: 0 });
  });

  it('is refused where no key is configured, and a key that is none stops the start', async () => {
    const keyless = await startNotifications(db.database);
    const { body, signature, timestamp } = sendGrid.signEvents([anything()]);
    await expect(keyless.api.recordSendGridEvents({ body, signature, timestamp })).rejects.toMatchObject({
      code: 'not_found',
    });
    await keyless.app.close();
    await expect(
      startNotifications(db.database, { SENDGRID_WEBHOOK_PUBLIC_KEY: 'bm9uc2Vuc2U=' }),
    ).rejects.toThrow('SENDGRID_WEBHOOK_PUBLIC_KEY');
  });
});

it('a mail can be ended with one click', async () => {
  const delivery = await sent();
  const mail = sendGrid.mails.at(-1)!;
  const link = /^<(https:\/\/torale\.example\/api\/v1\/unsubscribe\?token=[\w.-]+)>$/.exec(
    mail.headers!['List-Unsubscribe']!,
  );
  expect(link).not.toBeNull();
  expect(mail.headers).toMatchObject({ 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' });
  for (const { value } of mail.content) expect(value).toContain(link![1]);
  expect(mail.custom_args).toEqual({ delivery_id: delivery.id });
});
