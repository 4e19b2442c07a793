import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobs } from '@torale/contracts';
import { openPostgres, type Database } from '@torale/database';
import { PgBossJobEngine } from '@torale/job-engine';
import {
  eventually,
  freePort,
  hasPostgres,
  insertSource,
  insertUserQuery,
  startPostgres,
  ToraleProcess,
  type PostgresCluster,
} from '@torale/testing';
import { sql } from 'kysely';

/** Every service that the worker calls, in as few words as their contracts allow. */
class Services {
  readonly processed: string[] = [];
  readonly delivered: string[] = [];
  readonly notified: (string | undefined)[] = [];
  most = 0;
  /** Called with each source whose page is read. */
  onProcess: (sourceId: string) => Promise<unknown> = async () => undefined;
  #running = 0;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse((await text(request)) || '{}') as Record<string, string & string[]>;
    this.most = Math.max(this.most, ++this.#running);
    const answers: Record<string, () => unknown> = {
      '/process': async () => {
        this.processed.push(body['source_id']!);
        await this.onProcess(body['source_id']!);
        return { outcome: 'server_error', http_status: 500, content_id: null, detail: 'It answered 500.' };
      },
      '/deliver-batch': () =>
        body['delivery_ids']!.map((delivery_id) => {
          this.delivered.push(delivery_id);
          return { delivery_id, status: 'sent', retry: false, retry_after_seconds: null, detail: null };
        }),
      '/notify': () => {
        this.notified.push(body['alert_id']);
        return { delivery_ids: [] };
      },
      '/housekeeping': () => ({ deleted_contents: 0, deleted_snapshots: 0, sources_to_reembed: [] }),
    };
    const result = await answers[request.url!]!();
    const streams = Array.isArray(result);
    response.setHeader('content-type', streams ? 'application/x-ndjson' : 'application/json');
    response.end(
      streams ? result.map((line) => `${JSON.stringify(line)}\n`).join('') : JSON.stringify(result),
    );
    this.#running--;
  }
}

(hasPostgres ? describe : describe.skip)('the process of a worker', () => {
  let cluster: PostgresCluster;
  let url: string;
  let database: Database;
  let engine: PgBossJobEngine;
  let services: Services;
  let worker: ToraleProcess | undefined;

  beforeAll(async () => {
    cluster = await startPostgres();
  }, 60_000);
  afterAll(() => cluster.stop());
  beforeEach(async () => {
    ({ url } = await cluster.createDatabase());
    database = openPostgres({ url, poolSize: 4 });
    engine = await PgBossJobEngine.startSender({ url });
    services = new Services();
  });
  afterEach(async () => {
    await worker?.kill();
    worker = undefined;
    services.close();
    await engine.stop(0);
    await database.close();
  });

  async function run(environment: Record<string, string>): Promise<ToraleProcess> {
    const service = await services.start();
    worker = ToraleProcess.launch('worker', await freePort(), {
      DATABASE_URL: url,
      SERVICE_TOKEN_SECRET: 'a secret of thirty-two characters',
      CONTENT_PROCESSOR_URL: service,
      CHANGE_DETECTOR_URL: service,
      NOTIFICATION_SERVICE_URL: service,
      ...environment,
    });
    return worker;
  }
  const burst = async () => (await run({ WORKER_MODE: 'burst' })).ended();
  async function watch(count: number): Promise<string[]> {
    const query = await insertUserQuery(database, { check_interval_seconds: 3_600 });
    const ids: string[] = [];
    for (let source = 0; source < count; source++) {
      ids.push((await insertSource(database, { user_query_id: query.id })).id);
    }
    return ids;
  }
  const deliver = (count: number, options?: { start_after: Date }) =>
    database.transaction((transaction) =>
      engine.enqueue(
        transaction,
        jobs.deliver,
        Array.from({ length: count }, () => ({ delivery_id: crypto.randomUUID() })),
        options,
      ),
    );

  test('in burst mode checks, tells and delivers all that is due, many at a time, and exits with 0', async () => {
    const sources = await watch(200);
    await deliver(100);
    // Long enough for a slow machine to begin many of them meanwhile.
    services.onProcess = () => sleep(300);
    const alert_id = crypto.randomUUID();
    await sql`
      insert into events (type, user_id, data)
      select 'alert.created', user_id, ${JSON.stringify({ alert_id, user_query_id: crypto.randomUUID() })}::jsonb
      from monitored_sources limit 1`.execute(database.kysely);
    expect(await burst()).toEqual({ code: 0, signal: null });
    expect(services.processed.sort()).toEqual(sources.sort());
    expect(new Set(services.delivered).size).toBe(100);
    expect(services.notified).toContain(alert_id);
    expect(services.most).toBeGreaterThan(8);
    const { rows } = await sql<{ status: string; count: number }>`
      select status, count(*)::int as count from check_runs group by status`.execute(database.kysely);
    expect(rows).toEqual([{ status: 'failed', count: 200 }]);
    const left = await sql`select from pgboss.job where state < 'completed'`.execute(database.kysely);
    expect(left.rows).toEqual([]);
  }, 180_000);

  test('in burst mode does what comes up while it runs, and leaves what is due later', async () => {
    const [source] = await watch(1);
    let cameUp = false;
    services.onProcess = async () => {
      if (cameUp) return;
      cameUp = true;
      await deliver(3);
      await watch(2);
      await deliver(2, { start_after: new Date(Date.now() + 3_600_000) });
    };
    expect(await burst()).toEqual({ code: 0, signal: null });
    expect(services.processed).toHaveLength(3);
    expect(services.processed).toContain(source);
    expect(services.delivered).toHaveLength(3);
    const left = await sql<{ name: string }>`
      select name from pgboss.job where state < 'completed'`.execute(database.kysely);
    expect(left.rows).toEqual([{ name: 'deliver' }, { name: 'deliver' }]);
  }, 180_000);

  test('in burst mode exits with 0 when there is nothing to do', async () => {
    expect(await burst()).toEqual({ code: 0, signal: null });
    expect(services.processed).toEqual([]);
  }, 180_000);

  test('that is told to stop ends with 0 within its grace and gives back what is not done', async () => {
    const [source] = await watch(1);
    services.onProcess = () => new Promise(() => undefined);
    const base = await run({ SHUTDOWN_GRACE_SECONDS: '1' });
    await eventually('the check', async () => services.processed.length > 0, 60_000);
    const asked = Date.now();
    expect(await base.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    // Else the grace would be the twenty seconds that it is by default.
    expect(Date.now() - asked).toBeLessThan(15_000);
    expect(services.processed).toEqual([source]);
    const { rows } = await sql`
      select name, state::text as state, start_after <= now() as due from pgboss.job`.execute(
      database.kysely,
    );
    expect(rows).toContainEqual({ name: 'run-check', state: 'retry', due: true });
  }, 180_000);
});
