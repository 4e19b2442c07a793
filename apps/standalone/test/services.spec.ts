import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { ChangeAlert, Check, Delivery, Problem, UserQueryWithSources } from '@torale/contracts';
import { openPostgres, type Database } from '@torale/database';
import {
  ApiSession,
  createUser,
  eventually,
  FakeSite,
  FakeSupabaseStorage,
  freePort,
  hasPostgres,
  productPage,
  startPostgres,
  ToraleProcess,
  WebhookReceiver,
  type AppName,
} from '@torale/testing';
import { SignJWT } from 'jose';
import { followContents, previewPage } from './contents-path.ts';

const html = { 'content-type': 'text/html; charset=utf-8' };
const services = ['discovery', 'content-processor', 'change-detector', 'notifications'] as const;

(hasPostgres ? describe : describe.skip)(
  'the services and the worker as separate processes on one Postgres',
  () => {
    const supabaseUrl = 'http://127.0.0.1:9';
    const jwtSecret = randomBytes(32).toString('hex');
    const serviceTokenSecret = randomBytes(32).toString('hex');
    const secretsKey = randomBytes(32).toString('base64');
    const signingKey = generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString();
    let postgres: Awaited<ReturnType<typeof startPostgres>>;
    let database: Database;
    let site: FakeSite;
    let receiver: WebhookReceiver;
    let storage: FakeSupabaseStorage;
    const ports = {} as Record<AppName, number>;
    const running = {} as Record<AppName, ToraleProcess>;

    async function startApp(app: AppName): Promise<void> {
      running[app] = await ToraleProcess.start(
        app,
        {
          DATABASE_URL: app === 'gateway' ? postgres.authenticatorUrl : postgres.url,
          SUPABASE_URL: supabaseUrl,
          SUPABASE_JWT_SECRET: jwtSecret,
          SERVICE_TOKEN_SECRET: serviceTokenSecret,
          SECRETS_KEY: secretsKey,
          WEBHOOK_SIGNING_KEY: signingKey,
          DISCOVERY_SERVICE_URL: `http://127.0.0.1:${ports.discovery}`,
          CONTENT_PROCESSOR_URL: `http://127.0.0.1:${ports['content-processor']}`,
          CHANGE_DETECTOR_URL: `http://127.0.0.1:${ports['change-detector']}`,
          NOTIFICATION_SERVICE_URL: `http://127.0.0.1:${ports.notifications}`,
          CIRCUIT_BREAKER_RESET_SECONDS: '1',
          OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
          POLITENESS_SPACING_MS: '0',
          POLITENESS_CONCURRENCY: '1000',
          MIN_CHECK_INTERVAL_SECONDS: '1',
          LOG_LEVEL: 'warn',
          ...(app === 'content-processor' && {
            SUPABASE_URL: storage.url,
            SUPABASE_SERVICE_KEY: 'service-key',
            SNAPSHOT_BUCKET: 'snapshots',
          }),
        },
        ports[app],
      );
    }

    beforeAll(async () => {
      [postgres, site, receiver, storage] = await Promise.all([
        startPostgres(),
        FakeSite.start(),
        WebhookReceiver.start(),
        FakeSupabaseStorage.start('service-key', 'snapshots'),
      ]);
      database = openPostgres({ url: postgres.url, poolSize: 2 });
      const apps: AppName[] = [...services, 'worker', 'gateway'];
      for (const app of apps) ports[app] = await freePort();
      await Promise.all(services.map(startApp));
      await Promise.all([startApp('worker'), startApp('gateway')]);
    }, 120_000);

    afterAll(async () => {
      await Promise.all(Object.values(running).map((app) => app.stop()));
      await database?.close();
      await Promise.all([site?.close(), receiver?.close(), storage?.close()]);
      await postgres?.stop();
    }, 60_000);

    async function signIn(): Promise<ApiSession> {
      const { id, email } = await createUser(database);
      const token = await new SignJWT({ role: 'authenticated', email })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuer(`${supabaseUrl}/auth/v1`)
        .setAudience('authenticated')
        .setSubject(id)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(new TextEncoder().encode(jwtSecret));
      return ApiSession.withToken(running.gateway.url, email, token);
    }

    async function fileProduct(user: ApiSession, path: string): Promise<UserQueryWithSources> {
      site.set(path, { headers: html, body: productPage({ price: 549 }) });
      const query = await user.expect<UserQueryWithSources>('POST', '/user-queries', {
        raw_query: `Tell me when the price at ${site.url}${path} drops below $500`,
        check_interval_seconds: 86_400,
      });
      await eventually('the baseline', async () =>
        (await user.all<Check>(`/monitored-sources/${query.sources[0]!.id}/checks`)).some(
          (check) => check.verdict === 'baseline',
        ),
      );
      return query;
    }

    test('the same path works', async () => {
      const user = await signIn();
      await user.addWebhook(`${receiver.url}/same-path`);
      const query = await fileProduct(user, '/product');
      site.set('/product', { headers: html, body: productPage({ price: 499 }) });
      const check = await user.expect<Check>('POST', `/monitored-sources/${query.sources[0]!.id}/check`);
      expect(check).toMatchObject({ status: 'succeeded', verdict: 'alert' });
      expect(await user.all<ChangeAlert>('/alerts')).toHaveLength(1);
      await eventually('both deliveries', async () => {
        const deliveries = await user.all<Delivery>(`/notifications/deliveries?alert_id=${check.alert_id}`);
        return deliveries.length === 2 && deliveries.every((delivery) => delivery.status === 'sent');
      });
    });

    test('contents, snapshots and previews work across processes, the snapshots in Supabase Storage', async () => {
      const user = await signIn();
      await followContents(user, site, '/contents', () => fileProduct(user, '/contents'));
      await previewPage(user, site, '/previewed');
      expect(storage.objects.size).toBeGreaterThanOrEqual(2);
    });

    test('a cookie goes sealed from the gateway to the site, and into no log', async () => {
      const user = await signIn();
      const query = await fileProduct(user, '/members');
      const path = `/monitored-sources/${query.sources[0]!.id}`;
      await user.expect('PATCH', path, { request: { cookies: { session: 'hunter2-cookie' } } });
      const check = await user.expect<Check>('POST', `${path}/check`);
      expect(check).toMatchObject({ status: 'succeeded', verdict: 'unchanged' });
      const { headers } = site.requests.findLast((request) => request.path === '/members')!;
      expect(headers.cookie).toBe('session=hunter2-cookie');
      for (const app of Object.values(running)) expect(app.output()).not.toContain('hunter2');
    });

    test('no service answers without a service token', async () => {
      for (const [service, path] of [
        ['discovery', '/discover'],
        ['content-processor', '/process'],
        ['change-detector', '/detect'],
        ['notifications', '/deliver-batch'],
      ] as const) {
        const response = await fetch(`${running[service].url}${path}`, {
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
      await running.notifications.kill();

      site.set('/late-product', { headers: html, body: productPage({ price: 479 }) });
      const check = await user.expect<Check>('POST', `/monitored-sources/${query.sources[0]!.id}/check`);
      expect(check.verdict).toBe('alert');
      const other = await fileProduct(user, '/other-product');
      expect((await user.all<Check>(`/monitored-sources/${other.sources[0]!.id}/checks`))[0]).toMatchObject({
        status: 'succeeded',
      });
      expect(await user.all<Delivery>('/notifications/deliveries')).toEqual([]);

      await startApp('notifications');
      await eventually(
        'both deliveries',
        async () => {
          const deliveries = await user.all<Delivery>(`/notifications/deliveries?alert_id=${check.alert_id}`);
          return deliveries.length === 2 && deliveries.every((delivery) => delivery.status === 'sent');
        },
        60_000,
      );
      expect(receiver.requests.filter((request) => request.path === '/hook/late')).toHaveLength(1);
    }, 120_000);

    test('with discovery dead, filing answers 503 at once, the breaker opens, and closes when it is back', async () => {
      const user = await signIn();
      const fileSentence = () =>
        user.request<Problem>('POST', '/user-queries', {
          raw_query: `Tell me when ${site.url}/product changes`,
        });
      const breakerState = async () => {
        const metrics = await fetch(`${running.gateway.url}/metrics`).then((response) => response.text());
        return /torale_circuit_breaker_state\{service="discovery"\} (\d)/.exec(metrics)?.[1];
      };
      expect((await fileSentence()).status).toBe(201);
      expect(await breakerState()).toBe('0');

      await running.discovery.kill();
      await eventually('the breaker to open', async () => {
        const begun = performance.now();
        const answer = await fileSentence();
        expect([answer.status, answer.body.code]).toEqual([503, 'service_unavailable']);
        expect(performance.now() - begun).toBeLessThan(5_000);
        return (await breakerState()) === '2';
      });

      await startApp('discovery');
      await eventually(
        'the breaker to close',
        async () => (await fileSentence()).status === 201 && (await breakerState()) === '0',
      );
    }, 60_000);

    test('every process tells its health, its metrics and its API', async () => {
      for (const app of Object.values(running)) {
        for (const path of ['/health/live', '/health/ready', '/metrics', '/openapi.json']) {
          expect([app.app, path, (await fetch(`${app.url}${path}`)).status]).toEqual([app.app, path, 200]);
        }
      }
    });
  },
);
