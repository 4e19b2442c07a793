import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeAlert, Delivery, OutboxEmail, UserQueryWithSources } from '@torale/contracts';
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

const KILLS = 20;
/** A restart, a check of every source and its deliveries. */
const SETTLE_MS = 120_000;

describe(`kill -9 at ${KILLS} random moments during checks`, () => {
  let dataDirectory: string;
  let site: FakeSite;
  let receiver: WebhookReceiver;
  let torale: ToraleProcess;
  let port: number;

  const start = () =>
    ToraleProcess.start(
      'standalone',
      {
        TORALE_DATA_DIR: dataDirectory,
        OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
        POLITENESS_SPACING_MS: '0',
        POLITENESS_CONCURRENCY: '1000',
        MIN_CHECK_INTERVAL_SECONDS: '1',
        LOG_LEVEL: 'warn',
      },
      port,
    );
  const serve = (page: number, price: number) =>
    site.set(`/product/${page}`, { headers: { 'content-type': 'text/html' }, body: productPage({ price }) });

  beforeAll(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'torale-crash-'));
    [site, receiver, port] = await Promise.all([FakeSite.start(), WebhookReceiver.start(), freePort()]);
    torale = await start();
  }, 120_000);

  afterAll(async () => {
    await torale?.kill();
    await Promise.all([site.close(), receiver.close()]);
    await rm(dataDirectory, { recursive: true, force: true });
  });

  test('no alert lost, none doubled, no delivery lost', async () => {
    const user = await ApiSession.signUp(torale.url, 'ada@example.com');
    const webhook = await user.addWebhook(receiver.url);
    const queries: UserQueryWithSources[] = [];
    for (let page = 0; page < KILLS; page++) {
      serve(page, 549);
      queries.push(
        await user.expect<UserQueryWithSources>('POST', '/user-queries', {
          raw_query: `Tell me when the price at ${site.url}/product/${page} drops below $500`,
          check_interval_seconds: 1,
          notify_behavior: 'always',
        }),
      );
    }
    await eventually('every baseline', async () =>
      (
        await Promise.all(
          queries.map((query) => user.all(`/monitored-sources/${query.sources[0]!.id}/checks`)),
        )
      ).every((checks) =>
        checks.some((check) => (check as { verdict: string | null }).verdict === 'baseline'),
      ),
    );

    for (let page = 0; page < KILLS; page++) {
      serve(page, 400 + page);
      await sleep(randomInt(50, 2_000));
      await torale.kill();
      torale = await start();
    }

    const alerts = await eventually(
      'an alert for every change',
      async () => {
        const all = await user.all<ChangeAlert>('/alerts');
        return new Set(all.map((alert) => alert.user_query_id)).size === KILLS && all;
      },
      SETTLE_MS,
    );
    await eventually(
      'every delivery',
      async () => {
        const deliveries = await user.all<Delivery>('/notifications/deliveries');
        return deliveries.length >= 2 * KILLS && deliveries.every((delivery) => delivery.status === 'sent');
      },
      SETTLE_MS,
    );

    expect(alerts.map((alert) => alert.user_query_id).sort()).toEqual(
      queries.map((query) => query.id).sort(),
    );
    for (const [page, query] of queries.entries()) {
      const alert = alerts.find((candidate) => candidate.user_query_id === query.id)!;
      expect(alert.evidence).toContainEqual(
        expect.objectContaining({
          before: expect.stringContaining('$549'),
          after: expect.stringContaining(`$${400 + page}`),
        }),
      );
    }
    const mails = await user.all<OutboxEmail>('/outbox');
    expect(mails).toHaveLength(KILLS);
    const verifier = new Webhook(webhook.secret);
    const received = new Map<string, string>();
    for (const { headers, body } of receiver.requests) {
      const event = verifier.verify(body, headers as Record<string, string>) as {
        data: { alert_id: string };
      };
      received.set(headers['webhook-id'] as string, event.data.alert_id);
    }
    expect([...received.values()].sort()).toEqual(alerts.map((alert) => alert.id).sort());
  }, 600_000);
});
