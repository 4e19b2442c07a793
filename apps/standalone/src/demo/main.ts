import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeAlert, Check, OutboxEmail, UserQueryWithSources } from '@torale/contracts';
import {
  announcementPage,
  ApiSession,
  eventually,
  FakeSite,
  productPage,
  statusPage,
  ToraleProcess,
  WebhookReceiver,
} from '@torale/testing';
import { Narrator } from './narrator.ts';

/** How often each sentence is checked in the demo, seconds; a person would say an hour. */
const CHECK_INTERVAL_SECONDS = 2;
/** Checks that the page of nothing but noise must pass in silence. */
const SILENT_CHECKS = 3;

const story = new Narrator();
const dataDirectory = await mkdtemp(join(tmpdir(), 'torale-demo-'));
const site = await FakeSite.start();
const receiver = await WebhookReceiver.start();
let torale: ToraleProcess | undefined;
/** Ids of the checks that were told. */
const narrated = new Set<string>();

try {
  process.exitCode = (await tell()) ? 0 : 1;
} finally {
  await torale?.stop();
  await Promise.all([site.close(), receiver.close()]);
  await rm(dataDirectory, { recursive: true, force: true });
}

/** Plays the whole story; true when exactly the right alerts came. */
async function tell(): Promise<boolean> {
  story.chapter('A small site, and Torale on a throw-away folder');
  serve({ price: 549, tick: 0 });
  story.say(`the site: ${site.url}/product, ${site.url}/announcement, ${site.url}/status`);
  story.say('starting Torale (the first start creates the database, which takes a few seconds)');
  torale = await ToraleProcess.start('standalone', {
    TORALE_DATA_DIR: dataDirectory,
    OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
    MIN_CHECK_INTERVAL_SECONDS: '1',
    LOG_LEVEL: 'warn',
  });
  story.say(`Torale is ready at ${torale.url}`);

  const user = await ApiSession.signUp(torale.url, 'ada@example.com');
  story.say(`signed up as ${user.email}`);
  const webhook = await user.addWebhook(receiver.url);
  story.say(`added a webhook at ${webhook.target}, which answered its challenge`);

  story.chapter('Three sentences');
  const price = await file(user, `Tell me when the price at ${site.url}/product drops below $500`);
  const release = await file(
    user,
    `Tell me when the Aurora X3 gets a release date: ${site.url}/announcement`,
  );
  const status = await file(user, `Tell me when anything changes on ${site.url}/status`);
  const watched = [price, release, status];
  for (const query of watched) await narrateChecks(user, query, 1);

  story.chapter('The site changes');
  serve({ price: 499, releaseDate: 'March 14, 2027', tick: 1 });
  story.say('/product: the price goes from $549 to $499');
  story.say('/announcement: a release date appears');
  story.say(
    '/status: only the clock, the view counter, a hidden token and an ad change, now and at every visit',
  );
  const ticking = setInterval(
    () => serve({ price: 499, releaseDate: 'March 14, 2027', tick: Date.now() }),
    500,
  );
  try {
    for (const query of [price, release]) {
      await eventually(
        `an alert for “${query.raw_query}”`,
        async () => (await alertsOf(user, query)).length > 0,
        30_000,
      );
    }
    const seen = (await checksOf(user, status)).length;
    await eventually(
      'the silent checks',
      async () => (await checksOf(user, status)).length >= seen + SILENT_CHECKS,
      30_000,
    );
  } finally {
    clearInterval(ticking);
  }
  for (const query of watched) await narrateChecks(user, query);

  story.chapter('What reached the user');
  const alerts = await user.all<ChangeAlert>('/alerts');
  for (const alert of alerts.toReversed()) narrateAlert(alert);
  await eventually(
    'the deliveries',
    async () => receiver.requests.length >= 2 && (await user.all<OutboxEmail>('/outbox')).length >= 2,
  );
  // Time for a delivery too many to show itself.
  await sleep(1_000);
  const mails = await user.all<OutboxEmail>('/outbox');
  for (const mail of mails.toReversed()) story.say(`mail to ${mail.to_address}: “${mail.subject}”`);
  const verified = receiver.signedBy(webhook.secret);
  story.say(
    `${receiver.requests.length} webhooks received, ${verified.length} with a valid Standard Webhooks signature`,
  );

  story.chapter('Was it exactly right?');
  const shows = (query: UserQueryWithSources, before: string, after: string) =>
    alerts
      .filter((alert) => alert.user_query_id === query.id)
      .some(({ evidence }) =>
        evidence.some((block) => block.before?.includes(before) && block.after?.includes(after)),
      );
  const statusChecks = await checksOf(user, status);
  const expectations: [string, boolean][] = [
    [
      'one alert for the price, its evidence names both',
      alertCount(alerts, price) === 1 && shows(price, '$549', '$499'),
    ],
    [
      'one alert for the release date',
      alertCount(alerts, release) === 1 && shows(release, 'not been announced', 'March 14, 2027'),
    ],
    [
      `silence about the page of nothing but noise (${statusChecks.length} checks)`,
      alertCount(alerts, status) === 0 && statusChecks.every((check) => check.status !== 'failed'),
    ],
    ['two mails', mails.length === 2],
    ['two webhooks, both signed', receiver.requests.length === 2 && verified.length === 2],
  ];
  for (const [what, met] of expectations) {
    if (met) story.good(what);
    else story.bad(what);
  }
  return expectations.every(([, met]) => met);
}

function serve({ price, releaseDate, tick }: { price: number; releaseDate?: string; tick: number }): void {
  const noise = {
    clock: new Date(tick * 1000).toISOString().slice(11, 19),
    views: 1204 + (tick % 100_000),
    csrfToken: tick.toString(16).padStart(32, '7'),
    ad: tick % 2 ? 'Sponsored: Fly to Oslo from $119' : 'Sponsored: Fly to Lisbon from $89',
  };
  const html = { 'content-type': 'text/html; charset=utf-8' };
  site.set('/product', { headers: html, body: productPage({ price, ...noise }) });
  site.set('/announcement', {
    headers: html,
    body: announcementPage({ ...(releaseDate && { releaseDate }), ...noise }),
  });
  site.set('/status', { headers: html, body: statusPage(noise) });
}

async function file(user: ApiSession, sentence: string): Promise<UserQueryWithSources> {
  const query = await user.expect<UserQueryWithSources>('POST', '/user-queries', {
    raw_query: sentence,
    check_interval_seconds: CHECK_INTERVAL_SECONDS,
  });
  story.say(`“${sentence}”`);
  for (const source of query.sources)
    story.say(`    watches ${source.url} (${source.kind}${source.title ? `, ${source.title}` : ''})`);
  return query;
}

async function checksOf(user: ApiSession, query: UserQueryWithSources): Promise<Check[]> {
  const perSource = await Promise.all(
    query.sources.map((source) => user.all<Check>(`/monitored-sources/${source.id}/checks`)),
  );
  return perSource.flat().filter((check) => check.finished_at !== null);
}

async function alertsOf(user: ApiSession, query: UserQueryWithSources): Promise<ChangeAlert[]> {
  return user.all<ChangeAlert>(`/alerts?user_query_id=${query.id}`);
}

function alertCount(alerts: ChangeAlert[], query: UserQueryWithSources): number {
  return alerts.filter((alert) => alert.user_query_id === query.id).length;
}

/** Tells the finished checks that were not told yet, once there are at least `atLeast`. */
async function narrateChecks(user: ApiSession, query: UserQueryWithSources, atLeast = 0): Promise<void> {
  const checks = await eventually(`checks of “${query.raw_query}”`, async () => {
    const finished = await checksOf(user, query);
    return finished.length >= atLeast && finished;
  });
  for (const check of checks.toReversed()) {
    if (narrated.has(check.id)) continue;
    narrated.add(check.id);
    const path = new URL(query.sources.find((source) => source.id === check.source_id)!.url).pathname;
    story.say(`checked ${path}: ${check.verdict ?? check.status} – ${check.reason}`);
  }
}

function narrateAlert(alert: ChangeAlert): void {
  story.say(`ALERT (${alert.severity}) ${alert.summary}`);
  for (const { before, after } of alert.evidence) {
    if (before) story.say(`    before: ${before}`);
    if (after) story.say(`    after:  ${after}`);
  }
}
