import type { ChangeAlert, Check, Delivery, Problem, UserQueryWithSources } from '@torale/contracts';
import { openPostgres, type Database } from '@torale/database';
import {
  type ApiSession,
  eventually,
  FakeSite,
  FakeSupabaseStorage,
  hasPostgres,
  productPage,
  startPostgres,
  ToraleServices,
  WebhookReceiver,
} from '@torale/testing';
import { followContents, previewPage } from './contents-path.ts';

const PATIENCE_MS = 60_000;

const html = { 'content-type': 'text/html; charset=utf-8' };

(hasPostgres ? describe : describe.skip)(
  'the services and the worker as separate processes on one Postgres',
  () => {
    let postgres: Awaited<ReturnType<typeof startPostgres>>;
    let database: Database;
    let site: FakeSite;
    let receiver: WebhookReceiver;
    let storage: FakeSupabaseStorage;
    let services: ToraleServices;

    beforeAll(async () => {
      [postgres, site, receiver, storage] = await Promise.all([
        startPostgres(),
        FakeSite.start(),
        WebhookReceiver.start(),
        FakeSupabaseStorage.start('service-key', 'snapshots'),
      ]);
      database = openPostgres({ url: postgres.url, poolSize: 2 });
      services = await ToraleServices.prepare(postgres, {
        workers: 1,
        environmentOf: {
          'content-processor': {
            SUPABASE_URL: storage.url,
            SUPABASE_SERVICE_KEY: 'service-key',
            SNAPSHOT_BUCKET: 'snapshots',
          },
        },
      });
      await services.start();
    }, 120_000);

    afterAll(async () => {
      await services?.stop();
      await database?.close();
      await Promise.all([site?.close(), receiver?.close(), storage?.close()]);
      await postgres?.stop();
    }, 60_000);

    const signIn = () => services.signUp(database);
    const processes = () => services.names.map((name) => services.get(name));

    async function fileProduct(user: ApiSession, path: string): Promise<UserQueryWithSources> {
      site.set(path, { headers: html, body: productPage({ price: 549 }) });
      const query = await user.expect<UserQueryWithSources>('POST', '/user-queries', {
        raw_query: `Tell me when the price at ${site.url}${path} drops below $500`,
        check_interval_seconds: 86_400,
      });
      await eventually(
        'the baseline',
        async () =>
          (await user.all<Check>(`/monitored-sources/${query.sources[0]!.id}/checks`)).some(
            (check) => check.verdict === 'baseline',
          ),
        PATIENCE_MS,
      );
      return query;
    }

    const bothAreSent = (user: ApiSession, { alert_id }: Check) =>
      eventually(
        'both deliveries',
        async () => {
          const deliveries = await user.all<Delivery>(`/notifications/deliveries?alert_id=${alert_id}`);
          return deliveries.length === 2 && deliveries.every((delivery) => delivery.status === 'sent');
        },
        PATIENCE_MS,
      );

    test('the same path works', async () => {
      const user = await signIn();
      await user.addWebhook(`${receiver.url}/same-path`);
      const query = await fileProduct(user, '/product');
      site.set('/product', { headers: html, body: productPage({ price: 499 }) });
      const check = await user.expect<Check>('POST', `/monitored-sources/${query.sources[0]!.id}/check`);
      expect(check).toMatchObject({ status: 'succeeded', verdict: 'alert' });
      expect(await user.all<ChangeAlert>('/alerts')).toHaveLength(1);
      await bothAreSent(user, check);
    }, 240_000);

    test('contents, snapshots and previews work across processes, the snapshots in Supabase Storage', async () => {
      const user = await signIn();
      await followContents(user, site, '/contents', () => fileProduct(user, '/contents'));
      await previewPage(user, site, '/previewed');
      expect(storage.objects.size).toBeGreaterThanOrEqual(2);
    }, 240_000);

    test('a cookie goes sealed from the gateway to the site, and into no log', async () => {
      const user = await signIn();
      const query = await fileProduct(user, '/members');
      const path = `/monitored-sources/${query.sources[0]!.id}`;
      await user.expect('PATCH', path, { request: { cookies: { session: 'hunter2-cookie' } } });
      const check = await user.expect<Check>('POST', `${path}/check`);
      expect(check).toMatchObject({ status: 'succeeded', verdict: 'unchanged' });
      const { headers } = site.requests.findLast((request) => request.path === '/members')!;
      expect(headers.cookie).toBe('session=hunter2-cookie');
      for (const app of processes()) expect(app.output()).not.toContain('hunter2');
    }, 240_000);

    test('no service answers without a service token', async () => {
      for (const [service, path] of [
        ['discovery', '/discover'],
        ['content-processor', '/process'],
        ['change-detector', '/detect'],
        ['notifications', '/deliver-batch'],
      ] as const) {
        const response = await fetch(`${services.get(service).url}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        });
        expect([service, response.status]).toEqual([service, 401]);
      }
    });

    test('with notifications dead, checks go on, and the delivery is made once it is back', async () => {
      const user = await signIn();
      await user.addWebhook(`${receiver.url}/late`);
      const query = await fileProduct(user, '/late-product');
      await services.get('notifications').kill();

      site.set('/late-product', { headers: html, body: productPage({ price: 479 }) });
      const check = await user.expect<Check>('POST', `/monitored-sources/${query.sources[0]!.id}/check`);
      expect(check.verdict).toBe('alert');
      const other = await fileProduct(user, '/other-product');
      expect((await user.all<Check>(`/monitored-sources/${other.sources[0]!.id}/checks`))[0]).toMatchObject({
        status: 'succeeded',
      });
      expect(await user.all<Delivery>('/notifications/deliveries')).toEqual([]);

      await services.start(['notifications']);
      await bothAreSent(user, check);
      expect(receiver.requests.filter((request) => request.path === '/hook/late')).toHaveLength(1);
    }, 240_000);

    test('with discovery dead, filing answers 503 at once, the breaker opens, and closes when it is back', async () => {
      const user = await signIn();
      const fileSentence = () =>
        user.request<Problem>('POST', '/user-queries', {
          raw_query: `Tell me when ${site.url}/product changes`,
        });
      const breakerState = async () => {
        const metrics = await fetch(`${services.get('gateway').url}/metrics`).then((response) =>
          response.text(),
        );
        return /torale_circuit_breaker_state\{service="discovery"\} (\d)/.exec(metrics)?.[1];
      };
      expect((await fileSentence()).status).toBe(201);
      expect(await breakerState()).toBe('0');

      await services.get('discovery').kill();
      await eventually(
        'the breaker to open',
        async () => {
          const begun = performance.now();
          const answer = await fileSentence();
          expect([answer.status, answer.body.code]).toEqual([503, 'service_unavailable']);
          expect(performance.now() - begun).toBeLessThan(5_000);
          return (await breakerState()) === '2';
        },
        PATIENCE_MS,
      );

      await services.start(['discovery']);
      await eventually(
        'the breaker to close',
        async () => (await fileSentence()).status === 201 && (await breakerState()) === '0',
        PATIENCE_MS,
      );
    }, 240_000);

    test('every process tells its health, its metrics and its API', async () => {
      for (const app of processes()) {
        for (const path of ['/health/live', '/health/ready', '/metrics', '/openapi.json']) {
          expect([app.app, path, (await fetch(`${app.url}${path}`)).status]).toEqual([app.app, path, 200]);
        }
      }
    });
  },
);
