import type { ChannelTest, NotificationsApi } from '@torale/contracts';
import {
  createTestDatabase,
  createUser,
  FakeSlack,
  insertAlert,
  insertChannel,
  insertDelivery,
  type TestDatabase,
  WebhookReceiver,
} from '@torale/testing';
import { sql } from 'kysely';
import {
  deliverOne,
  insertSealedChannel,
  insertSecret,
  readDelivery,
  sealer,
  startNotifications,
  webhookSecret,
} from './notifications-fixture.ts';

let db: TestDatabase;
let receiver: WebhookReceiver;
let slack: FakeSlack;
let notifications: NotificationsApi;
let close: () => Promise<void>;

beforeAll(async () => {
  [db, receiver, slack] = await Promise.all([
    createTestDatabase(),
    WebhookReceiver.start(),
    FakeSlack.start(),
  ]);
  const { api, app } = await startNotifications(db.database);
  notifications = api;
  close = async () => {
    await app.close();
    await Promise.all([receiver.close(), slack.close()]);
    await db.close();
  };
});
beforeEach(() => {
  receiver.consents = true;
});
afterAll(() => close());

const pending = { status: 'pending', verified_at: null } as const;
const pendingMail = async (target?: string, user_id?: string) =>
  insertChannel(db.database, { ...pending, ...(target && { target }), ...(user_id && { user_id }) });
async function pendingWebhook(path: string) {
  const { id: user_id } = await createUser(db.database);
  const settings = { kind: 'webhook', headers: {} } as const;
  const id = await insertSealedChannel(db.database, user_id, settings, {
    ...pending,
    target: `${receiver.url}${path}`,
  });
  await insertSecret(db.database, user_id, id, webhookSecret);
  return { id };
}

const channelOf = (id: string) =>
  db.database.kysely
    .selectFrom('notification_channels')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
const mailsTo = (address: string) =>
  db.database.kysely
    .selectFrom('outbox_emails')
    .selectAll()
    .where('to_address', '=', address)
    .orderBy('created_at')
    .execute();
async function codeMailedTo(address: string): Promise<string> {
  const mail = (await mailsTo(address)).at(-1);
  return /\b\d{6}\b/.exec(mail?.text_body ?? '')![0];
}
const another = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

/** As if all that was sent for verification had been that much earlier. */
async function age(seconds: number): Promise<void> {
  await sql`update sent_on_request set sent_at = sent_at - ${seconds} * interval '1 second'`.execute(
    db.database.kysely,
  );
  await sql`update channel_verifications set expires_at = expires_at - ${seconds} * interval '1 second'`.execute(
    db.database.kysely,
  );
}

const start = (channel_id: string) => notifications.startVerification({ channel_id });
const confirm = (channel_id: string, code: string) => notifications.confirmVerification({ channel_id, code });
/** So long to wait, of which some has passed on a busy machine. */
const limited = (seconds: number) =>
  expect.objectContaining({
    code: 'rate_limited',
    retry_after_seconds: { asymmetricMatch: (wait: number) => wait <= seconds && wait > seconds - 30 },
  });
const refusal = (message: string) =>
  expect.objectContaining({
    code: 'invalid_request',
    errors: [{ path: 'code', message: expect.stringContaining(message) }],
  });

describe('a code', () => {
  test('is mailed, kept hashed only, and verifies once', async () => {
    const { id, target } = await pendingMail();
    expect(await start(id)).toEqual({
      status: 'pending',
      detail: expect.stringContaining(`/channels/${id}/verify`),
    });
    const code = await codeMailedTo(target);
    const rows = await sql<{ row: string }>`
      select to_jsonb(t)::text as row from channel_verifications t where channel_id = ${id}`.execute(
      db.database.kysely,
    );
    expect(rows.rows).toHaveLength(1);
    expect(rows.rows[0]!.row).not.toContain(code);

    expect(await confirm(id, code)).toMatchObject({ status: 'verified' });
    expect(await channelOf(id)).toMatchObject({ status: 'verified', verified_at: expect.any(String) });
    const left = await sql`select from channel_verifications where channel_id = ${id}`.execute(
      db.database.kysely,
    );
    expect(left.rows).toEqual([]);
  });

  test('is no delivery: the mail of it hangs on none', async () => {
    const { id, target } = await pendingMail();
    await start(id);
    expect(await mailsTo(target)).toEqual([expect.objectContaining({ delivery_id: null })]);
  });

  test('that is wrong five times is of no use any more', async () => {
    const { id, target } = await pendingMail();
    await start(id);
    const code = await codeMailedTo(target);
    for (let i = 0; i < 4; i++) {
      await expect(confirm(id, another(code))).rejects.toEqual(refusal('not the one'));
    }
    await expect(confirm(id, another(code))).rejects.toEqual(refusal('last try'));
    await expect(confirm(id, code)).rejects.toEqual(refusal('no longer'));
    expect((await channelOf(id)).status).toBe('pending');

    await age(61);
    await start(id);
    expect(await confirm(id, await codeMailedTo(target))).toMatchObject({ status: 'verified' });
  });

  test('is tried no more often by many who try at once', async () => {
    const { id, target } = await pendingMail();
    await start(id);
    const code = Number(await codeMailedTo(target));
    const wrong = Array.from({ length: 20 }, (_, i) => String((code + 1 + i) % 1_000_000).padStart(6, '0'));
    const answers = await Promise.allSettled(wrong.map((guess) => confirm(id, guess)));
    const messages = answers.map((answer) => (answer as PromiseRejectedResult).reason.message as string);
    expect(messages.filter((message) => message.includes('no longer'))).toHaveLength(15);
  });

  test('lives for fifteen minutes', async () => {
    const early = await pendingMail();
    await start(early.id);
    const late = await pendingMail();
    await start(late.id);
    await age(14 * 60);
    expect(await confirm(early.id, await codeMailedTo(early.target))).toMatchObject({ status: 'verified' });
    await age(60);
    await expect(confirm(late.id, await codeMailedTo(late.target))).rejects.toEqual(refusal('no longer'));
  });

  test('gives way to a newer one', async () => {
    const { id, target } = await pendingMail();
    await start(id);
    const old = await codeMailedTo(target);
    await age(61);
    await start(id);
    const fresh = await codeMailedTo(target);
    if (old !== fresh) await expect(confirm(id, old)).rejects.toEqual(refusal('not the one'));
    expect(await confirm(id, fresh)).toMatchObject({ status: 'verified' });
  });

  test('of one channel is of no use for another', async () => {
    const one = await pendingMail();
    const other = await pendingMail(undefined, one.user_id);
    await start(one.id);
    await start(other.id);
    const code = await codeMailedTo(one.target);
    if (code !== (await codeMailedTo(other.target))) {
      await expect(confirm(other.id, code)).rejects.toEqual(refusal('not the one'));
    }
  });

  test('is sent through a chat as a message', async () => {
    const { id: user_id } = await createUser(db.database);
    const id = await insertSealedChannel(db.database, user_id, { kind: 'slack', url: slack.url }, pending);
    await start(id);
    const [code] = /\b\d{6}\b/.exec(JSON.stringify(slack.messages.at(-1)))!;
    expect(await confirm(id, code)).toMatchObject({ status: 'verified' });
  });

  test('that cannot be sent leaves the channel as it is, and says why', async () => {
    const { id: user_id } = await createUser(db.database);
    const id = await insertSealedChannel(db.database, user_id, { kind: 'slack', url: slack.url }, pending);
    slack.failNext('no_service');
    expect(await start(id)).toEqual({
      status: 'pending',
      detail: expect.stringMatching(/could not be sent.*Slack answered 404: no_service/),
    });
  });

  test('brings a disabled channel back', async () => {
    const { id, target } = await insertChannel(db.database, {
      status: 'disabled',
      disabled_at: new Date(),
      disabled_reason: 'It failed for days.',
      failing_since: new Date(),
    });
    expect(await start(id)).toMatchObject({ status: 'disabled' });
    await confirm(id, await codeMailedTo(target));
    expect(await channelOf(id)).toMatchObject({
      status: 'verified',
      disabled_at: null,
      disabled_reason: null,
      failing_since: null,
    });
  });

  test('is not sent to what is verified', async () => {
    const { id, target } = await insertChannel(db.database);
    expect(await start(id)).toMatchObject({ status: 'verified' });
    expect(await mailsTo(target)).toEqual([]);
  });
});

describe('codes are sent', () => {
  beforeEach(() => age(86_400));

  test('once a minute and five times a day to one place, also when its channel is made anew', async () => {
    const { user_id, target, ...first } = await pendingMail();
    let { id } = first;
    await start(id);
    await expect(start(id)).rejects.toEqual(limited(60));
    for (let i = 0; i < 4; i++) {
      await age(61);
      await db.database.kysely.deleteFrom('notification_channels').where('id', '=', id).execute();
      ({ id } = await pendingMail(i % 2 ? target.toUpperCase() : target, user_id));
      await start(id);
    }
    await age(61);
    await expect(start(id)).rejects.toEqual(limited(86_400 - 5 * 61));
  });

  test('twenty times a day for one user', async () => {
    const { user_id, ...channel } = await pendingMail();
    await start(channel.id);
    for (let i = 1; i < 20; i++) await start((await pendingMail(undefined, user_id)).id);
    await expect(start((await pendingMail(undefined, user_id)).id)).rejects.toEqual(limited(86_400));
    await start((await pendingMail()).id);
  });

  test('ten times a day to one place, whoever asks', async () => {
    const target = 'victim@example.org';
    for (let i = 0; i < 10; i++) await start((await pendingMail(target)).id);
    await expect(start((await pendingMail(target)).id)).rejects.toEqual(limited(86_400));
    expect(await mailsTo(target)).toHaveLength(10);
  });

  test('no more often when many are asked for at once', async () => {
    const { id, target } = await pendingMail();
    const answers = await Promise.allSettled([1, 2, 3, 4, 5].map(() => start(id)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await mailsTo(target)).toHaveLength(1);
  });
});

describe('a webhook', () => {
  test('that answers the challenge is verified at once; the challenge is signed', async () => {
    const { id } = await pendingWebhook('/echo');
    expect(await start(id)).toMatchObject({ status: 'verified' });
    expect((await channelOf(id)).status).toBe('verified');
    const request = receiver.challenges.at(-1)!;
    receiver.requests.push(request);
    expect(receiver.signedBy(webhookSecret)).toContain(request);
    receiver.requests.pop();
    expect(JSON.parse(request.body)).toMatchObject({
      type: 'channel.verification',
      data: { challenge: expect.stringMatching(/^\d{6}$/) },
    });
  });

  test.each([
    ['nothing', undefined],
    ['the whole request', (body: string) => body],
    ['another challenge', () => '{"challenge": "000000"}'],
    ['text', () => 'OK'],
    ['a list', () => '["123456"]'],
  ])('that answers %s is not; the challenge can be confirmed by hand', async (name, answer) => {
    receiver.consents = false;
    receiver.answerChallenge = answer;
    const { id } = await pendingWebhook(`/silent/${encodeURIComponent(name)}`);
    const { status, detail } = await start(id);
    expect(status).toBe('pending');
    expect(detail).toContain('by hand');
    const { challenge } = (JSON.parse(receiver.challenges.at(-1)!.body) as { data: { challenge: string } })
      .data;
    expect(await confirm(id, challenge)).toMatchObject({ status: 'verified' });
    receiver.answerChallenge = undefined;
  });

  test('may answer with the challenge alone', async () => {
    receiver.consents = false;
    receiver.answerChallenge = (body) => (JSON.parse(body) as { data: { challenge: string } }).data.challenge;
    const { id } = await pendingWebhook('/plain');
    expect(await start(id)).toMatchObject({ status: 'verified' });
    receiver.answerChallenge = undefined;
  });
});

describe('before it is verified', () => {
  test('nothing is sent through a channel', async () => {
    const { id: alert_id, user_id } = await insertAlert(db.database);
    const { id: channel_id, target } = await pendingMail(undefined, user_id);
    const { delivery_ids } = await notifications.notify({ alert_id });
    const told = await Promise.all(delivery_ids.map((id) => readDelivery(db.database, id)));
    expect(told.find((delivery) => delivery.channel_id === channel_id)).toMatchObject({
      status: 'suppressed',
      reason: expect.stringContaining('verified'),
    });

    // Nor when it was verified while it was planned, and is not any more.
    const { id: later } = await insertAlert(db.database, { user_id });
    const { id } = await insertDelivery(db.database, { alert_id: later, channel_id });
    await deliverOne(notifications, id);
    expect((await readDelivery(db.database, id)).status).not.toBe('sent');
    expect(await mailsTo(target)).toEqual([]);
  });

  test('it cannot be tried', async () => {
    const { id } = await pendingMail();
    await expect(notifications.testChannel({ channel_id: id })).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('a sample', () => {
  const tried = (channel_id: string): Promise<ChannelTest> => notifications.testChannel({ channel_id });

  test('goes through the channel now, and says how that went', async () => {
    const { id, target } = await insertChannel(db.database);
    expect(await tried(id)).toEqual({
      ok: true,
      response_status: null,
      detail: null,
      duration_ms: expect.any(Number),
    });
    const [mail] = await mailsTo(target);
    expect(mail!.text_body).toMatch(/sample/);
    await expect(tried(id)).rejects.toEqual(limited(10));
    expect(await mailsTo(target)).toHaveLength(1);
  });

  test('that is refused says so', async () => {
    const { id: user_id } = await createUser(db.database);
    const id = await insertSealedChannel(db.database, user_id, { kind: 'slack', url: slack.url });
    slack.failNext('channel_is_archived');
    expect(await tried(id)).toMatchObject({
      ok: false,
      response_status: 410,
      detail: 'Slack answered 410: channel_is_archived',
    });
  });

  test('to a webhook is an alert like others, signed', async () => {
    const { id: user_id } = await createUser(db.database);
    const channel = await insertChannel(db.database, {
      user_id,
      kind: 'webhook',
      target: receiver.url,
      settings_sealed: await sealer.seal(user_id, { kind: 'webhook', headers: { 'x-team': 'a' } }),
    });
    await insertSecret(db.database, user_id, channel.id, webhookSecret);
    expect(await tried(channel.id)).toMatchObject({ ok: true, response_status: 204 });
    expect(receiver.signedBy(webhookSecret)).toHaveLength(1);
    const [request] = receiver.requests;
    expect(request!.headers['x-team']).toBe('a');
    expect(JSON.parse(request!.body)).toMatchObject({
      type: 'alert.created',
      data: { summary: expect.stringContaining('sample') },
    });
  });
});

test.each(['startVerification', 'testChannel'] as const)('%s finds no channel that is none', async (name) => {
  const channel_id = '0b54b8a2-8b0f-4f35-9a83-6d1b5f1f3f11';
  await expect(notifications[name]({ channel_id })).rejects.toMatchObject({ code: 'not_found' });
});
