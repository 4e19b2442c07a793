import type {
  ChangeAlert,
  Check,
  Delivery,
  MonitoredSource,
  OutboxEmail,
  Problem,
  UserQuery,
  UserQueryWithSources,
} from '@torale/contracts';
import {
  ApiSession,
  eventually,
  FakeSite,
  productPage,
  statusPage,
  ToraleProcess,
  WebhookReceiver,
} from '@torale/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { followContents, previewPage } from './contents-path.ts';

const PATIENCE_MS = 30_000;

const html = { 'content-type': 'text/html; charset=utf-8' };

describe('one sentence through the whole of Torale, with nothing but HTTP', () => {
  let dataDirectory: string;
  let site: FakeSite;
  let receiver: WebhookReceiver;
  let torale: ToraleProcess;
  let people = 0;

  beforeAll(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'torale-path-'));
    [site, receiver] = await Promise.all([FakeSite.start(), WebhookReceiver.start()]);
    torale = await ToraleProcess.start('standalone', {
      TORALE_DATA_DIR: dataDirectory,
      OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
      POLITENESS_SPACING_MS: '0',
      POLITENESS_CONCURRENCY: '1000',
      MIN_CHECK_INTERVAL_SECONDS: '1',
    });
  }, 120_000);

  afterAll(async () => {
    await torale?.stop();
    await Promise.all([site.close(), receiver.close()]);
    await rm(dataDirectory, { recursive: true, force: true });
  });

  const signUp = () => ApiSession.signUp(torale.url, `person${++people}@example.com`);

  /** Files a sentence that only "check now" checks, and waits for its silent baseline. */
  async function file(user: ApiSession, sentence: string, more: object = {}): Promise<UserQueryWithSources> {
    const query = await user.expect<UserQueryWithSources>('POST', '/user-queries', {
      raw_query: sentence,
      check_interval_seconds: 86_400,
      ...more,
    });
    await eventually(
      'the first check',
      async () =>
        (await user.all<Check>(`/monitored-sources/${query.sources[0]!.id}/checks`)).some(
          (check) => check.finished_at,
        ),
      PATIENCE_MS,
    );
    return query;
  }

  const checkNow = (user: ApiSession, query: UserQueryWithSources) =>
    user.expect<Check>('POST', `/monitored-sources/${query.sources[0]!.id}/check`);

  test('a price that falls below the bound gives one alert, one mail and one signed webhook', async () => {
    const user = await signUp();
    const webhook = await user.addWebhook(receiver.url);
    site.set('/product', { headers: html, body: productPage({ price: 549 }) });
    const query = await file(user, `Tell me when the price at ${site.url}/product drops below $500`);
    expect(query.sources).toEqual([
      expect.objectContaining({
        url: `${site.url}/product`,
        kind: 'page',
        origin: 'sentence',
        status: 'active',
      }),
    ]);

    site.set('/product', {
      headers: html,
      body: productPage({ price: 499, clock: '10:17:03', views: 2410 }),
    });
    const check = await checkNow(user, query);
    expect(check).toMatchObject({ status: 'succeeded', outcome: 'ok', verdict: 'alert' });

    const alerts = await user.all<ChangeAlert>('/alerts');
    expect(alerts).toHaveLength(1);
    const [alert] = alerts;
    expect(alert).toMatchObject({
      id: check.alert_id,
      kind: 'change',
      condition_met: true,
      source_url: `${site.url}/product`,
    });
    expect(alert!.evidence).toContainEqual(
      expect.objectContaining({
        before: expect.stringContaining('$549'),
        after: expect.stringContaining('$499'),
      }),
    );
    expect(alert!.summary).toMatch(/\$549.*\$499/);

    const deliveries = await eventually('both deliveries', async () => {
      const all = await user.all<Delivery>(`/notifications/deliveries?alert_id=${alert!.id}`);
      return all.length === 2 && all.every((delivery) => delivery.status === 'sent') && all;
    });
    expect(deliveries.map((delivery) => delivery.channel).sort()).toEqual(['email', 'webhook']);
    const mails = await user.all<OutboxEmail>('/outbox');
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({ to_address: user.email });
    expect(mails[0]!.text_body).toContain('$499');

    expect(receiver.requests).toHaveLength(1);
    const [request] = receiver.requests;
    const event = new Webhook(webhook.secret).verify(
      request!.body,
      request!.headers as Record<string, string>,
    );
    expect(event).toMatchObject({ type: 'alert.created', data: { alert_id: alert!.id } });
    expect(() =>
      new Webhook(webhook.secret).verify(
        request!.body.replace('499', '498'),
        request!.headers as Record<string, string>,
      ),
    ).toThrow();

    // notify_behavior is `once` unless said otherwise.
    expect(await user.expect<UserQuery>('GET', `/user-queries/${query.id}`)).toMatchObject({
      status: 'completed',
    });
    const again = await user.request<Problem>('POST', `/monitored-sources/${query.sources[0]!.id}/check`);
    expect([again.status, again.body.code]).toEqual([409, 'query_not_active']);
  });

  test('a clock, a view counter, a token and an ad give no alert', async () => {
    const user = await signUp();
    site.set('/noise', { headers: html, body: productPage({ price: 549 }) });
    const query = await file(user, `Tell me when the price at ${site.url}/noise drops below $500`, {
      notify_behavior: 'always',
    });
    for (const tick of [1, 2, 3]) {
      site.set('/noise', {
        headers: html,
        body: productPage({
          price: 549,
          clock: `11:0${tick}:3${tick}`,
          views: 1204 + tick * 17,
          csrfToken: `${tick}9d2${tick}`.repeat(6),
          ad: `Sponsored: only today $${tick}9`,
        }),
      });
      const check = await checkNow(user, query);
      expect(check.status).toBe('succeeded');
      expect(['noise', 'unchanged']).toContain(check.verdict);
    }
    expect(await user.all('/alerts')).toEqual([]);
  });

  test('a sentence about anything at all stays silent when only noise changes', async () => {
    const user = await signUp();
    site.set('/status', { headers: html, body: statusPage({}) });
    const query = await file(user, `Tell me when anything changes on ${site.url}/status`);
    site.set('/status', {
      headers: html,
      body: statusPage({
        clock: '23:59:59',
        views: 99_120,
        csrfToken: 'ffee'.repeat(8),
        ad: 'Sponsored: a new car',
      }),
    });
    expect(await checkNow(user, query)).toMatchObject({
      verdict: expect.stringMatching(/^(noise|unchanged)$/),
    });
    expect(await user.all('/alerts')).toEqual([]);
  });

  test('an error, a refusal and an empty page are seen on the source and are never a change', async () => {
    const user = await signUp();
    const good = { headers: html, body: productPage({ price: 549 }) };
    site.set('/flaky', good);
    const query = await file(user, `Tell me when anything changes on ${site.url}/flaky`, {
      notify_behavior: 'always',
    });
    const source = () => user.expect<MonitoredSource>('GET', `/monitored-sources/${query.sources[0]!.id}`);

    const failures = [
      [{ status: 500, headers: html, body: '<h1>Internal Server Error</h1>' }, 'server_error'],
      [{ status: 403, headers: html, body: '<h1>Forbidden</h1>' }, 'blocked'],
      [{ status: 200, headers: html, body: '' }, 'empty'],
    ] as const;
    for (const [index, [answer, outcome]] of failures.entries()) {
      site.set('/flaky', answer);
      expect(await checkNow(user, query)).toMatchObject({ status: 'failed', outcome, verdict: null });
      expect(await source()).toMatchObject({ last_outcome: outcome, consecutive_failures: index + 1 });
      expect((await source()).last_error).toEqual(expect.any(String));
    }

    site.set('/flaky', good);
    expect(await checkNow(user, query)).toMatchObject({ status: 'succeeded', verdict: 'unchanged' });
    expect(await source()).toMatchObject({ last_error: null, consecutive_failures: 0 });
    expect(await user.all('/alerts')).toEqual([]);
  });

  test('a condition that is already true is said so at once', async () => {
    const user = await signUp();
    site.set('/cheap', { headers: html, body: productPage({ price: 449 }) });
    await file(user, `Tell me when the price at ${site.url}/cheap drops below $500`);
    const alerts = await user.all<ChangeAlert>('/alerts');
    expect(alerts).toEqual([expect.objectContaining({ kind: 'already_met', condition_met: true })]);
    expect(JSON.stringify(alerts[0]!.evidence)).toContain('$449');
  });

  test('a source is checked when it is due, without being asked', async () => {
    const user = await signUp();
    site.set('/due', { headers: html, body: productPage({ price: 549 }) });
    const query = await user.expect<UserQueryWithSources>('POST', '/user-queries', {
      raw_query: `Tell me when the price at ${site.url}/due drops below $500`,
      check_interval_seconds: 1,
    });
    const path = `/monitored-sources/${query.sources[0]!.id}/checks`;
    await eventually(
      'a scheduled check',
      async () =>
        (await user.all<Check>(path)).some(
          (check) => check.trigger === 'schedule' && check.status === 'succeeded',
        ),
      PATIENCE_MS,
    );
    site.set('/due', { headers: html, body: productPage({ price: 459 }) });
    await eventually('the alert', async () => (await user.all('/alerts')).length === 1, PATIENCE_MS);
    const requestsThen = site.count('/due');
    await sleep(2_500);
    expect(site.count('/due')).toBe(requestsThen);
  });

  test('what a page said, what it was read from and what changed can be looked at', async () => {
    const user = await signUp();
    site.set('/contents', { headers: html, body: productPage({ price: 549 }) });
    await followContents(user, site, '/contents', () =>
      file(user, `Tell me when the price at ${site.url}/contents drops below $500`),
    );
    await previewPage(user, site, '/previewed');
  });

  test('two requests to check at the same time share one check', async () => {
    const user = await signUp();
    let release = () => undefined as void;
    site.set('/slow', { headers: html, body: productPage({ price: 549 }) });
    const query = await file(user, `Tell me when anything changes on ${site.url}/slow`);
    const requestsThen = site.count('/slow');
    const held = new Promise<void>((resolve) => (release = resolve));
    site.set('/slow', async () => {
      await held;
      return { headers: html, body: productPage({ price: 549 }) };
    });
    const both = Promise.all([checkNow(user, query), checkNow(user, query)]);
    await eventually('the fetch', async () => site.count('/slow') > requestsThen);
    // The other one may still be on its way.
    await sleep(1_000);
    release();
    const [first, second] = await both;
    expect(first.id).toBe(second.id);
    expect(site.count('/slow')).toBe(requestsThen + 1);
  });

  test('private addresses are refused unless the operator opened them', async () => {
    const user = await signUp();
    const answer = await user.request<Problem>('POST', '/user-queries', {
      raw_query: 'Tell me when http://169.254.169.254/latest/meta-data changes',
    });
    expect([answer.status, answer.body.code]).toEqual([422, 'address_refused']);
  });

  test('a sentence without a page and without a model says what to do', async () => {
    const user = await signUp();
    const answer = await user.request<Problem>('POST', '/user-queries', {
      raw_query: 'Tell me when the next Pixel gets a release date',
    });
    expect([answer.status, answer.body.code]).toEqual([422, 'no_sources_found']);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.detail).toMatch(/OPENAI_API_KEY|URL/);
  });

  test('the routes between services are not open to the public', async () => {
    for (const path of [
      '/discover',
      '/process',
      '/process-batch',
      '/scrape',
      '/embed',
      '/housekeeping',
      '/detect',
      '/judge',
      '/notify',
      '/deliver-batch',
    ]) {
      const response = await fetch(`${torale.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect([path, response.status]).toEqual([path, 404]);
    }
  });
});
