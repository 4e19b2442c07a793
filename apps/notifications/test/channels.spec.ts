import type { NotificationsApi, SealedChannelSettings } from '@torale/contracts';
import {
  createTestDatabase,
  FakeDiscord,
  FakeNtfy,
  FakePushService,
  FakeSlack,
  FakeTeams,
  FakeTelegram,
  freePort,
  insertAlert,
  insertDelivery,
  insertUserQuery,
  type TestDatabase,
} from '@torale/testing';
import {
  deliverOne,
  insertSealedChannel,
  readDelivery,
  startNotifications,
  vapidKeys,
} from './notifications-fixture.ts';

const telegramToken = '123456789:AAE-abcdefghijklmnopqrstuvwxyz12345';

let db: TestDatabase;
let slack: FakeSlack;
let discord: FakeDiscord;
let teams: FakeTeams;
let telegram: FakeTelegram;
let ntfy: FakeNtfy;
let pushService: FakePushService;
let notifications: NotificationsApi;
/** Waits for an answer for half a second only. */
let impatient: NotificationsApi;
let close: () => Promise<void>;

beforeAll(async () => {
  [db, slack, discord, teams, telegram, ntfy, pushService] = await Promise.all([
    createTestDatabase(),
    FakeSlack.start(),
    FakeDiscord.start(),
    FakeTeams.start(),
    FakeTelegram.start(telegramToken),
    FakeNtfy.start('tk_secret'),
    FakePushService.start(),
  ]);
  const environment = { TELEGRAM_BASE_URL: telegram.origin };
  const services = [
    await startNotifications(db.database, environment),
    await startNotifications(db.database, { ...environment, DELIVERY_TIMEOUT_MS: '500' }),
  ] as const;
  [notifications, impatient] = [services[0].api, services[1].api];
  close = async () => {
    await Promise.all(services.map(({ app }) => app.close()));
    await Promise.all([slack, discord, teams, telegram, ntfy, pushService].map((fake) => fake.close()));
    await db.close();
  };
});
afterAll(() => close());

type Kind = 'slack' | 'discord' | 'teams' | 'telegram' | 'ntfy' | 'web_push';
const kinds: Kind[] = ['slack', 'discord', 'teams', 'telegram', 'ntfy', 'web_push'];

/** Settings that lead to the receiver of their kind. */
function settingsOf(kind: Kind): SealedChannelSettings {
  switch (kind) {
    case 'slack':
      return { kind, url: slack.url };
    case 'discord':
      return { kind, url: discord.url };
    case 'teams':
      return { kind, url: teams.url };
    case 'telegram':
      return { kind, bot_token: telegramToken, chat_id: '-1001234567890' };
    case 'ntfy':
      return { kind, server: ntfy.origin, topic: 'alerts', token: 'tk_secret' };
    case 'web_push':
      return { kind, ...pushService.subscribe(vapidKeys.publicKey) };
  }
}

/** The words that the receiver of a kind got last: what a person reads. */
function lastWords(kind: Kind): { title: string; text: string } {
  switch (kind) {
    case 'slack': {
      const [header, section] = slack.messages.at(-1)!.blocks!;
      return { title: header!.text!.text, text: section!.text!.text };
    }
    case 'discord': {
      const { title, description } = discord.shown.at(-1)!;
      return { title, text: description };
    }
    case 'teams': {
      const [title, ...lines] = teams.shown.at(-1)!.split('\n');
      return { title: title!, text: lines.join('\n') };
    }
    case 'telegram': {
      const [title, ...lines] = telegram.messages.at(-1)!.text.split('\n\n');
      return { title: title!, text: lines.join('\n\n') };
    }
    case 'ntfy': {
      const { title, message } = ntfy.messages.at(-1)!;
      return { title: title!, text: message! };
    }
    case 'web_push': {
      const { title, body } = JSON.parse(pushService.pushes.at(-1)!.text) as { title: string; body: string };
      return { title, text: body };
    }
  }
}

/** Without the joiners that keep chats from finding addresses. */
const read = (text: string) => text.replaceAll('\u2060', '');

async function tell(
  settings: SealedChannelSettings,
  alert: Parameters<typeof insertAlert>[1] = {},
  through = notifications,
): Promise<Awaited<ReturnType<typeof readDelivery>>> {
  const { id: alert_id, user_id } = await insertAlert(db.database, alert);
  const channel_id = await insertSealedChannel(db.database, user_id, settings);
  const { id } = await insertDelivery(db.database, { alert_id, channel_id });
  await deliverOne(through, id);
  return readDelivery(db.database, id);
}

const statusOf = async (channelId: string) =>
  db.database.kysely
    .selectFrom('notification_channels')
    .select(['status', 'disabled_reason'])
    .where('id', '=', channelId)
    .executeTakeFirstOrThrow();

describe.each(kinds)('%s', (kind) => {
  test('takes an alert, in its words', async () => {
    const delivery = await tell(settingsOf(kind), { summary: 'The price dropped from $549 to $499.' });
    expect(delivery).toMatchObject({ status: 'sent', provider: kind });
    expect(delivery.attempts).toEqual([expect.objectContaining({ ok: true, error: null })]);
    const { title, text } = lastWords(kind);
    expect(`${title}\n${text}`).toContain('$499');
  });

  test('takes a digest of more than fits: names what does, and says how much more there is', async () => {
    const { user_id } = await insertUserQuery(db.database);
    const channel_id = await insertSealedChannel(db.database, user_id, settingsOf(kind));
    const { id: digest_id } = await db.database.kysely
      .insertInto('notification_digests')
      .values({ user_id, channel_id, due_at: new Date().toISOString() })
      .returning('id')
      .executeTakeFirstOrThrow();
    for (let number = 1; number <= 60; number++) {
      const summary = `Edition ${number} of the Aurora catalogue has come out, with everything that is new this week.`;
      const { id: alert_id } = await insertAlert(db.database, { user_id, summary });
      await insertDelivery(db.database, { alert_id, channel_id, in_digest_id: digest_id });
    }
    const { id } = await insertDelivery(db.database, { digest_id, channel_id });
    await deliverOne(notifications, id);
    expect(await readDelivery(db.database, id)).toMatchObject({ status: 'sent' });
    const text = read(lastWords(kind).text).trim();
    const named = text.match(/^Edition \d+ of/gm)!.length;
    expect(named).toBeGreaterThan(3);
    expect(text).toMatch(new RegExp(`… and ${60 - named} more( in Torale)?$`));
  });

  test('takes words that would mention, link, format or run on, and makes nothing of them', async () => {
    const hostile = [
      '@everyone @here @admin <!channel> <!here> <@U012AB3CD> <@&123456789012345678> <#C024BE7LR>',
      '<https://evil.example|Log in here> [Log in here](https://evil.example) https://evil.example evil.example',
      '*bold* _italic_ ~struck~ `code` ```block``` ||spoiler|| **strong** __under__ # Heading',
      '</b><a href="https://evil.example">x</a> <script>alert(1)</script> &lt;!channel&gt; <at>Everyone</at>',
      '{"blocks":[]} "quoted" \\backslash\\ \u202Egnp.exe \u2066isolate\u2069 \0 \u0007 \r\n /start #tag :tada:',
      '> quote - list 1. list 👩‍👩‍👧‍👦 e\u0301 \uD83D lone',
    ];
    const before = marks();
    const delivery = await tell(settingsOf(kind), {
      summary: hostile.join(' ').replaceAll('\0', ''),
      evidence: JSON.stringify(
        hostile.map((text) => ({
          kind: 'edited',
          before: null,
          after: text.replaceAll('\0', '').toWellFormed(),
          path: [],
          source_url: 'https://example.org/',
        })),
      ),
    });
    expect(delivery).toMatchObject({ status: 'sent' });
    expect(
      marks()
        .slice(before.length)
        .filter((mark) => !/^<https:\/\/example\.org\/[^|>]*\|[\w ]+>$/.test(mark)),
    ).toEqual([]);
    const { title, text } = lastWords(kind);
    const shown = read(`${title}\n${text}`);
    // It is there as it was, for whoever reads it.
    expect(shown).toContain('@everyone');
    expect(shown).not.toMatch(/[\u202A-\u202E\u2066-\u2069]|[^\P{Cc}\n]/u);
    if (kind === 'telegram') {
      expect(telegram.entities.at(-1)!.map(({ type }) => type)).toEqual(['bold']);
    }
  });

  test.each([
    ['letters', 'a'.repeat(100_000)],
    ['signs that are escaped', '<*&_>'.repeat(20_000)],
    ['families', '👩‍👩‍👧‍👦'.repeat(10_000)],
    ['quotes', '"\\\n'.repeat(30_000)],
    ['one letter with very many accents', `a${'\u0301'.repeat(100_000)}`],
    ['lines', 'line\n'.repeat(20_000)],
  ])('takes 100 kB of %s, cut between characters', async (_, long) => {
    const summary = long.slice(0, 5000).toWellFormed();
    const evidence = [
      { kind: 'edited', before: null, after: long, path: [], source_url: 'https://example.org/' },
    ];
    const delivery = await tell(settingsOf(kind), { summary, evidence: JSON.stringify(evidence) });
    expect(delivery.attempts).toEqual([expect.objectContaining({ ok: true, error: null })]);
    const { title, text } = lastWords(kind);
    for (const words of [title, text]) {
      expect(words.isWellFormed()).toBe(true);
      expect(words.replaceAll('👩‍👩‍👧‍👦', '')).not.toContain('\u200D');
    }
  });

  test('is tried again when nobody answers', async () => {
    const fake = { slack, discord, teams, telegram, ntfy, web_push: pushService }[kind];
    const settings = settingsOf(kind);
    fake.failNext('hang');
    expect(await tell(settings, {}, impatient)).toMatchObject({
      status: 'queued',
      attempts: [{ response_status: null }],
    });
    (fake as FakeDiscord).failNext(kind === 'slack' ? ('rollup_error' as never) : 'unavailable');
    const unavailable = await tell(settings);
    expect(unavailable).toMatchObject({ status: 'queued' });
    expect(unavailable.attempts[0]!.response_status).toBeGreaterThanOrEqual(500);
  });

  test('that never listens says so without what is secret in its address', async () => {
    const port = await freePort();
    const there = (url: string) => url.replace(/:\d+/, `:${port}`);
    const settings = settingsOf(kind);
    const moved = JSON.parse(
      JSON.stringify(settings).replaceAll(/http:[^"]+/g, (url) => there(url)),
    ) as SealedChannelSettings;
    const delivery = await tell(moved);
    if (kind === 'telegram') return expect(delivery.status).toBe('sent');
    const { error } = delivery.attempts[0]!;
    expect(error).toMatch(/127\.0\.0\.1/);
    expect(error).not.toMatch(/services|webhooks|sig=|push\/|tk_secret/);
  });
});

const marks = (): string[] => [...slack.marked, ...discord.marked, ...teams.marked];

/** What the real services answer, what that means for the delivery, for the channel, and for when it is tried again. */
const refusals: [string, arrange: () => SealedChannelSettings, expected: object, gone: boolean][] = [
  [
    'Slack has archived the channel',
    () => (slack.failNext('channel_is_archived'), settingsOf('slack')),
    { status: 'failed' },
    true,
  ],
  [
    'Slack knows the webhook no longer',
    () => ({ kind: 'slack', url: `${slack.origin}/services/T/B/other` }),
    { status: 'failed' },
    true,
  ],
  [
    'Slack is asked too often',
    () => (slack.failNext('rate_limited'), settingsOf('slack')),
    { status: 'queued', retry_after_seconds: 30 },
    false,
  ],
  [
    'Discord knows the webhook no longer',
    () => (discord.failNext('unknown_webhook'), settingsOf('discord')),
    { status: 'failed' },
    true,
  ],
  [
    'Discord does not know the token',
    () => (discord.failNext('invalid_token'), settingsOf('discord')),
    { status: 'failed' },
    true,
  ],
  [
    'Discord is asked too often',
    () => (discord.failNext('rate_limited'), settingsOf('discord')),
    { status: 'queued', retry_after_seconds: 13 },
    false,
  ],
  [
    'the workflow was deleted',
    () => (teams.failNext('deleted'), settingsOf('teams')),
    { status: 'failed' },
    true,
  ],
  [
    'the workflow is switched off',
    () => (teams.failNext('switched_off'), settingsOf('teams')),
    { status: 'failed' },
    false,
  ],
  [
    'the workflow has another signature',
    () => ({ kind: 'teams', url: teams.url.replace(/sig=.*/, 'sig=other') }),
    { status: 'queued' },
    false,
  ],
  [
    'Teams is asked too often',
    () => (teams.failNext('rate_limited'), settingsOf('teams')),
    { status: 'queued', retry_after_seconds: 7 },
    false,
  ],
  [
    'the bot was blocked',
    () => (telegram.failNext('blocked'), settingsOf('telegram')),
    { status: 'failed' },
    true,
  ],
  [
    'the bot’s token was revoked',
    () => ({ kind: 'telegram', bot_token: '123456789:AAE-revoked', chat_id: '1' }),
    { status: 'failed' },
    true,
  ],
  [
    'there is no such chat',
    () => ({ kind: 'telegram', bot_token: telegramToken, chat_id: '42' }),
    { status: 'failed' },
    true,
  ],
  [
    'Telegram is asked too often',
    () => (telegram.failNext('rate_limited'), settingsOf('telegram')),
    { status: 'queued', retry_after_seconds: 9 },
    false,
  ],
  [
    'ntfy does not know the token',
    () => ({ kind: 'ntfy', server: ntfy.origin, topic: 'alerts', token: 'tk_other' }),
    { status: 'queued' },
    false,
  ],
  [
    'ntfy wants a token',
    () => ({ kind: 'ntfy', server: ntfy.origin, topic: 'alerts', token: null }),
    { status: 'queued' },
    false,
  ],
  [
    'ntfy is asked too often',
    () => (ntfy.failNext('rate_limited'), settingsOf('ntfy')),
    { status: 'queued' },
    false,
  ],
  [
    'the browser subscribed for somebody else',
    () => ({ kind: 'web_push', ...pushService.subscribe('B'.padEnd(87, 'A')) }),
    { status: 'failed' },
    false,
  ],
  [
    'the browser has unsubscribed',
    () => {
      const settings = settingsOf('web_push');
      pushService.unsubscribeAll();
      return settings;
    },
    { status: 'failed' },
    true,
  ],
  [
    'the push service is asked too often',
    () => {
      const settings = settingsOf('web_push');
      pushService.failNext('rate_limited');
      return settings;
    },
    { status: 'queued', retry_after_seconds: 20 },
    false,
  ],
];

test.each(refusals)(
  'when %s',
  async (_, arrange, { retry_after_seconds, ...expected }: { retry_after_seconds?: number }, gone) => {
    const settings = arrange();
    const { id: alert_id, user_id } = await insertAlert(db.database);
    const channel_id = await insertSealedChannel(db.database, user_id, settings);
    const { id } = await insertDelivery(db.database, { alert_id, channel_id });
    for await (const result of notifications.deliverBatch({ delivery_ids: [id] })) {
      expect(result).toMatchObject(expected);
      if (retry_after_seconds !== undefined) expect(result.retry_after_seconds).toBe(retry_after_seconds);
    }
    const [attempt] = (await readDelivery(db.database, id)).attempts;
    expect(attempt).toMatchObject({ ok: false, error: expect.stringMatching(/answered \d{3}: \S/) });
    expect(JSON.stringify(attempt)).not.toMatch(/AAE-|tk_|sig=/);
    expect((await statusOf(channel_id)).status).toBe(gone ? 'disabled' : 'verified');
  },
);

test('Telegram is followed to the supergroup that a group became', async () => {
  telegram.migrated.set('-7', -1001234567890);
  const delivery = await tell({ kind: 'telegram', bot_token: telegramToken, chat_id: '-7' });
  expect(delivery).toMatchObject({ status: 'sent' });
  expect(telegram.messages.at(-1)!.chat_id).toBe(-1001234567890);
});

test('severity is how loudly it is told, and the page is a tap away', async () => {
  const url = 'https://example.org/page?a=1&b=2|3';
  for (const severity of ['low', 'medium', 'high'] as const) {
    for (const kind of kinds) await tell(settingsOf(kind), { severity, source_url: url });
  }
  expect(ntfy.messages.slice(-3).map(({ priority }) => priority)).toEqual([2, 4, 5]);
  expect(pushService.pushes.slice(-3).map(({ urgency }) => urgency)).toEqual(['low', 'normal', 'high']);
  expect(telegram.messages.slice(-3).map((message) => message.disable_notification)).toEqual([
    true,
    false,
    false,
  ]);
  expect(new Set(discord.messages.slice(-3).map(({ embeds }) => embeds![0]!.color)).size).toBe(3);

  expect(ntfy.messages.at(-1)!.click).toBe(url);
  expect(JSON.parse(pushService.pushes.at(-1)!.text)).toMatchObject({ url, severity: 'high' });
  expect(telegram.messages.at(-1)!.reply_markup!.inline_keyboard![0]![0]!.url).toBe(url);
  expect(discord.messages.at(-1)!.embeds![0]!.url).toBe(url);
  expect(teams.cards.at(-1)!.actions).toEqual([expect.objectContaining({ url })]);
  expect(slack.messages.at(-1)!.blocks!.at(-1)!.text!.text).toBe(
    '<https://example.org/page?a=1&amp;b=2%7C3|Open the page>',
  );
});

test('a push says who sends it, to whom alone it is readable, and takes the place of its own repeat', async () => {
  const delivery = await tell(settingsOf('web_push'));
  expect(pushService.pushes.at(-1)).toMatchObject({
    ttl: 86_400,
    topic: delivery.id.replaceAll('-', ''),
    subject: 'mailto:operator@example.org',
  });
  expect(JSON.parse(pushService.pushes.at(-1)!.text)).toMatchObject({ id: delivery.id });
  expect(await notifications.webPushKey(undefined)).toEqual({ public_key: vapidKeys.publicKey });
});

test('a subscription whose key is no point of the curve fails for good', async () => {
  const delivery = await tell({
    kind: 'web_push',
    endpoint: `${pushService.origin}/push/1`,
    keys: { p256dh: `B${'A'.repeat(86)}`, auth: 'A'.repeat(22) },
  });
  expect(delivery).toMatchObject({ status: 'failed' });
});

test('settings of another kind than the channel are our fault, and tell nothing', async () => {
  const { id: alert_id, user_id } = await insertAlert(db.database);
  const channel_id = await insertSealedChannel(db.database, user_id, settingsOf('slack'), {
    kind: 'discord',
  });
  const { id } = await insertDelivery(db.database, { alert_id, channel_id });
  const posted = slack.messages.length;
  await deliverOne(notifications, id);
  expect((await readDelivery(db.database, id)).attempts[0]!.error).toBe('Something went wrong on our side.');
  expect(slack.messages).toHaveLength(posted);
});
