import { randomInt } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Check,
  Delivery,
  MonitoredSource,
  OutboxEmail,
  SourceWebhookEvent,
  UserQueryWithSources,
} from '@torale/contracts';
import { openPglite } from '@torale/database';
import {
  ApiSession,
  eventually,
  FakeSite,
  freePort,
  productPage,
  ToraleProcess,
  WebhookReceiver,
} from '@torale/testing';
import { Webhook } from 'standardwebhooks';

const KILLS = 4;
/** Beyond any pause that the failures of a source checked every second lead to. */
const PATIENCE_MS = 60_000;

describe(`a page behind a login, with kill -9 at ${KILLS} random moments`, () => {
  let dataDirectory: string;
  let site: FakeSite;
  let receiver: WebhookReceiver;
  let torale: ToraleProcess;
  let port: number;
  let log = '';

  const start = () =>
    ToraleProcess.start(
      'standalone',
      {
        TORALE_DATA_DIR: dataDirectory,
        OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
        MIN_CHECK_INTERVAL_SECONDS: '1',
        POLITENESS_SPACING_MS: '0',
        LOG_LEVEL: 'trace',
      },
      port,
    );
  const kill = async () => {
    await torale.kill();
    log += torale.output();
  };

  beforeAll(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'torale-failing-'));
    [site, receiver, port] = await Promise.all([FakeSite.start(), WebhookReceiver.start(), freePort()]);
    site.set('/members', ({ headers }) =>
      headers.cookie === 'session=hunter2-cookie' && headers['x-tenant'] === 'hunter2-header'
        ? { headers: { 'content-type': 'text/html' }, body: productPage({ price: 549 }) }
        : { status: 401, headers: { 'content-type': 'text/html' }, body: '<h1>Sign in</h1>' },
    );
    torale = await start();
  }, 120_000);

  afterAll(async () => {
    await torale?.kill();
    await Promise.all([site.close(), receiver.close()]);
    await rm(dataDirectory, { recursive: true, force: true });
  });

  test('its owner is told once that it fails and what to do, and once that it recovered', async () => {
    const user = await ApiSession.signUp(torale.url, 'ada@example.com');
    const webhook = await user.addWebhook(receiver.url);
    const query = await user.expect<UserQueryWithSources>('POST', '/user-queries', {
      raw_query: `Tell me when the price at ${site.url}/members drops below $500`,
      check_interval_seconds: 1,
      notify_behavior: 'always',
    });
    const path = `/monitored-sources/${query.sources[0]!.id}`;
    const source = () => user.expect<MonitoredSource>('GET', path);
    for (let kills = 0; kills < KILLS / 2; kills++) {
      await sleep(randomInt(200, 2_000));
      await kill();
      torale = await start();
    }

    await eventually('the source to fail', async () => (await source()).failing_since !== null, PATIENCE_MS);
    expect(await source()).toMatchObject({ last_outcome: 'login_required' });
    expect((await source()).last_error).toContain('request.cookies');
    const failedAt = Date.parse((await source()).failing_since!);
    expect(Date.parse((await source()).next_check_at)).toBeGreaterThan(failedAt);
    // Both, before there is anything else to tell: messages keep no order among themselves.
    await eventually(
      'the mail and the webhook',
      async () => (await user.all<OutboxEmail>('/outbox')).length === 1 && receiver.requests.length > 0,
      PATIENCE_MS,
    );

    const request = {
      cookies: { session: 'hunter2-cookie' },
      headers: { 'X-Tenant': 'hunter2-header' },
    };
    const changed = await user.expect<MonitoredSource>('PATCH', path, { request });
    expect(changed.request).toMatchObject({ header_names: ['X-Tenant'], cookie_names: ['session'] });
    for (let kills = 0; kills < KILLS / 2; kills++) {
      await sleep(randomInt(50, 1_000));
      await kill();
      torale = await start();
    }
    await eventually(
      'the source to recover',
      async () => (await source()).failing_since === null,
      PATIENCE_MS,
    );
    await eventually(
      'every delivery',
      async () => {
        const deliveries = await user.all<Delivery>('/notifications/deliveries');
        return deliveries.length >= 4 && deliveries.every(({ status }) => status === 'sent');
      },
      PATIENCE_MS,
    );
    // Time for a third notice, if there were one.
    await eventually(
      'more good checks',
      async () => {
        const checks = await user.all<Check>(`${path}/checks`);
        return checks.filter(({ status }) => status === 'succeeded').length > 3;
      },
      PATIENCE_MS,
    );

    const deliveries = await user.all<Delivery>('/notifications/deliveries');
    expect(deliveries).toHaveLength(4);
    expect(new Set(deliveries.map(({ notice_id }) => notice_id)).size).toBe(2);
    const mails = await user.all<OutboxEmail>('/outbox');
    const host = new URL(site.url).host;
    expect(mails.map(({ subject }) => subject)).toEqual([
      `Torale can read ${host} again`,
      `Torale cannot read ${host}`,
    ]);
    expect(mails[1]!.text_body).toContain('request.cookies');
    const events = new Map(
      receiver.requests.map(({ headers, body }) => [
        headers['webhook-id'],
        new Webhook(webhook.secret).verify(body, headers as Record<string, string>) as SourceWebhookEvent,
      ]),
    );
    expect([...events.values()].map(({ type }) => type)).toEqual(['source.failing', 'source.recovered']);
    expect(await user.all('/alerts')).toEqual([]);

    // Secrets: in no answer, no log line, no table of the database.
    const answers = await Promise.all([
      source(),
      user.all('/monitored-sources'),
      user.all(`${path}/checks`),
      user.expect('GET', `/user-queries/${query.id}`),
      user.all('/outbox'),
      user.all('/notifications/deliveries'),
    ]);
    expect(JSON.stringify([changed, ...answers])).not.toContain('hunter2');
    expect(receiver.requests.map(({ body }) => body).join()).not.toContain('hunter2');
    await torale.stop();
    log += torale.output();
    expect(log).toContain('/monitored-sources');
    expect(log).not.toContain('hunter2');
    expect((await stat(join(dataDirectory, 'secrets', 'key'))).mode & 0o777).toBe(0o600);
    const stored = await everythingStored(dataDirectory);
    expect(stored).toContain('login_required');
    expect(stored).not.toContain('hunter2');
  }, 600_000);
});

/** All rows of all tables, those of the job engine too, as text. */
async function everythingStored(dataDirectory: string): Promise<string> {
  const database = await openPglite({ dataDirectory });
  try {
    const { rows: tables } = await database.pglite.query<{ name: string }>(`
      select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`);
    let text = '';
    for (const { name } of tables) {
      const { rows } = await database.pglite.query(`select to_jsonb(t) from ${name} t`);
      text += JSON.stringify(rows);
    }
    return text;
  } finally {
    await database.close();
  }
}
