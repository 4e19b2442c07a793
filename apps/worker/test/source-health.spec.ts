import {
  type ChangeDetectorApi,
  type ContentProcessorApi,
  type FetchOutcome,
  jobs,
  type ProcessResponse,
} from '@torale/contracts';
import { type Database, openPostgres } from '@torale/database';
import { PgBossJobEngine } from '@torale/job-engine';
import {
  createTestDatabase,
  hasPostgres,
  insertCheckRun,
  insertContent,
  insertSource,
  insertUserQuery,
  startPostgres,
} from '@torale/testing';
import { sql } from 'kysely';
import { CheckRunner } from '../src/checks/check-runner.ts';
import { ChecksRepository } from '../src/checks/checks.repository.ts';
import { SourceHealthRepository } from '../src/checks/source-health.repository.ts';
import { workerConfig } from '../src/index.ts';

interface Opened {
  database: Database;
  engine: PgBossJobEngine;
  close(): Promise<void>;
}

async function onPglite(): Promise<Opened> {
  const test = await createTestDatabase();
  const engine = await PgBossJobEngine.startSender({ pglite: test.database.pglite });
  return { database: test.database, engine, close: () => engine.stop(0).then(() => test.close()) };
}

async function onPostgres(): Promise<Opened> {
  const cluster = await startPostgres();
  const database = openPostgres({ url: cluster.url, poolSize: 8 });
  const engine = await PgBossJobEngine.startSender({ url: cluster.url });
  const close = async () => {
    await engine.stop(0);
    await database.close();
    await cluster.stop();
  };
  return { database, engine, close };
}

describe.each([
  ['PGlite', onPglite, true],
  ['Postgres', onPostgres, hasPostgres],
] as const)('a source that cannot be read, on %s', (_, open, available) => {
  if (!available) return test.skip('there is no Postgres here', () => undefined);

  let opened: Opened;
  let answer: ProcessResponse;
  let sourceId: string;
  beforeAll(async () => {
    opened = await open();
  }, 60_000);
  afterAll(() => opened.close());
  beforeEach(async () => {
    sourceId = await watch(600);
  });

  const contentProcessor = { process: async () => answer } as unknown as ContentProcessorApi;
  const changeDetector = {
    async detect({ check_id }: { check_id: string }) {
      await opened.database.kysely
        .updateTable('check_runs')
        .set({ status: 'succeeded' })
        .where('id', '=', check_id)
        .execute();
      await opened.database.kysely
        .updateTable('monitored_sources')
        .set({ consecutive_failures: 0, last_error: null, last_outcome: 'ok' })
        .where('id', '=', sourceId)
        .execute();
      return { verdict: 'changed', reason: 'scripted', alert_id: null, severity: null };
    },
  } as unknown as ChangeDetectorApi;

  /** A worker process as far as checks go. */
  function worker({
    database,
    engine,
  }: Pick<Opened, 'database'> & { engine: Pick<PgBossJobEngine, 'enqueue'> }) {
    const config = workerConfig.schema.parse({});
    const jobEngine = engine as PgBossJobEngine;
    const checks = new ChecksRepository(database, jobEngine, config);
    const health = new SourceHealthRepository(database, jobEngine, config);
    return { checks, health, runner: new CheckRunner(checks, health, contentProcessor, changeDetector) };
  }

  async function watch(check_interval_seconds: number): Promise<string> {
    const query = await insertUserQuery(opened.database, { check_interval_seconds });
    return (await insertSource(opened.database, { user_query_id: query.id })).id;
  }
  const fails = (outcome: FetchOutcome = 'server_error') => {
    answer = {
      outcome,
      http_status: 500,
      content_id: null,
      detail: 'The site answered 500.',
    } as ProcessResponse;
  };
  async function works() {
    const { id } = await insertContent(opened.database, { source_id: sourceId });
    answer = { outcome: 'ok', http_status: 200, content_id: id, detail: null };
  }
  async function check(runner = worker(opened).runner) {
    const { id } = await insertCheckRun(opened.database, { source_id: sourceId });
    await runner.run({ check_id: id, source_id: sourceId });
    return id;
  }
  const source = () =>
    opened.database.kysely
      .selectFrom('monitored_sources')
      .selectAll()
      .where('id', '=', sourceId)
      .executeTakeFirstOrThrow();
  const notices = () =>
    opened.database.kysely
      .selectFrom('source_notices')
      .selectAll()
      .where('source_id', '=', sourceId)
      .orderBy('created_at')
      .execute();
  const kinds = async () => (await notices()).map(({ kind }) => kind);
  async function told(): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from pgboss.job job
      join source_notices notice on notice.id = (job.data ->> 'notice_id')::uuid
      where job.name = ${jobs.notifySource.queue} and notice.source_id = ${sourceId}`.execute(
      opened.database.kysely,
    );
    return rows[0]!.count;
  }
  const secondsToNextCheck = async () => (Date.parse((await source()).next_check_at) - Date.now()) / 1000;

  test('is told of once, at the third failure in a row, with what went wrong', async () => {
    fails();
    await check();
    await check();
    expect(await notices()).toEqual([]);
    expect((await source()).failing_since).toBeNull();
    for (let more = 0; more < 4; more++) await check();
    const { failing_since } = await source();
    expect(failing_since).not.toBeNull();
    expect(await notices()).toMatchObject([
      { kind: 'failing', outcome: 'server_error', detail: 'The site answered 500.', failing_since },
    ]);
    expect(await told()).toBe(1);
  });

  test('is told of once when it recovers, and may fail and recover again', async () => {
    for (let round = 0; round < 2; round++) {
      fails();
      for (let failure = 0; failure < 3; failure++) await check();
      await works();
      await check();
      await check();
    }
    expect(await kinds()).toEqual(['failing', 'recovered', 'failing', 'recovered']);
    expect(await told()).toBe(4);
    expect(await source()).toMatchObject({ failing_since: null, consecutive_failures: 0, last_error: null });
    const [first, second] = await notices();
    expect(second).toMatchObject({ failing_since: first!.failing_since, outcome: 'ok', detail: null });
  });

  test('two failures between good checks are no news', async () => {
    for (let round = 0; round < 3; round++) {
      fails();
      await check();
      await check();
      await works();
      await check();
    }
    expect(await notices()).toEqual([]);
  });

  test.each([
    ['blocked', 'request.cookies'],
    ['login_required', 'request.headers'],
    ['robots_denied', 'respect_robots'],
    ['empty', 'render_mode'],
  ] as const)('and is %s says what its owner can do', async (outcome, field) => {
    fails(outcome);
    for (let failure = 0; failure < 3; failure++) await check();
    const words = /^The site answered 500\. .+/;
    const [notice] = await notices();
    for (const said of [(await source()).last_error, notice!.detail]) {
      expect(said).toMatch(words);
      expect(said).toContain(field);
    }
  });

  test('is looked at less and less often, once a day at least, and as before once it recovers', async () => {
    fails();
    const pauses: number[] = [];
    for (let failure = 0; failure < 14; failure++) {
      await check();
      pauses.push(Math.max(0, Math.round((await secondsToNextCheck()) / 60)));
    }
    // Minutes; what is due is due by the dispatcher, which this test does without.
    expect(pauses).toEqual([0, 0, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440, 1440, 1440]);
    await works();
    await check();
    expect(Math.round(await secondsToNextCheck())).toBeLessThanOrEqual(600);
  });

  test('whose interval is longer than a day keeps its interval', async () => {
    sourceId = await watch(7 * 86_400);
    fails();
    for (let failure = 0; failure < 5; failure++) await check();
    expect(Math.round((await secondsToNextCheck()) / 86_400)).toBe(7);
  });

  test('and was changed by its owner while it was checked is looked at soon', async () => {
    fails();
    for (let failure = 0; failure < 5; failure++) await check();
    const runner = worker(opened).runner;
    const { id } = await insertCheckRun(opened.database, { source_id: sourceId });
    const slow = answer;
    contentProcessor.process = async () => {
      await sql`update monitored_sources set respect_robots = false, next_check_at = now() where id = ${sourceId}`.execute(
        opened.database.kysely,
      );
      return slow;
    };
    await runner.run({ check_id: id, source_id: sourceId });
    contentProcessor.process = async () => answer;
    expect(await secondsToNextCheck()).toBeLessThanOrEqual(0);
  });

  test('is told of once by many workers at the same time', async () => {
    fails();
    const { checks } = worker(opened);
    for (let failure = 0; failure < 3; failure++) {
      const { id } = await insertCheckRun(opened.database, { source_id: sourceId });
      await checks.start(id);
      await Promise.all([1, 2].map(() => checks.finishUnreadable(id, 'server_error', 'down')));
    }
    expect(await source()).toMatchObject({ consecutive_failures: 3 });
    const review = () => worker(opened).health.review(sourceId);
    await Promise.all(Array.from({ length: 12 }, review));
    expect(await kinds()).toEqual(['failing']);
    await works();
    await check();
    await Promise.all(Array.from({ length: 12 }, review));
    expect(await kinds()).toEqual(['failing', 'recovered']);
    expect(await told()).toBe(2);
  });

  test('is told of by the next try of the same check when its process died in between', async () => {
    fails();
    await check();
    await check();
    const { checks, runner } = worker(opened);
    const { id } = await insertCheckRun(opened.database, { source_id: sourceId });
    await checks.start(id);
    await checks.finishUnreadable(id, 'server_error', 'down');
    // Here it died. The job engine gives the job to another.
    expect(await notices()).toEqual([]);
    await runner.run({ check_id: id, source_id: sourceId });
    expect(await kinds()).toEqual(['failing']);
    expect(await source()).toMatchObject({ consecutive_failures: 3 });
  });

  test('has turned only together with its notice and the job that tells of it', async () => {
    fails();
    await check();
    await check();
    const dying = worker({
      ...opened,
      engine: {
        async enqueue(...call) {
          await opened.engine.enqueue(...call);
          throw new Error('the process died here');
        },
      },
    });
    await expect(check(dying.runner)).rejects.toThrow('died');
    expect(await notices()).toEqual([]);
    expect(await source()).toMatchObject({ failing_since: null, consecutive_failures: 3 });
    await worker(opened).health.review(sourceId);
    expect(await kinds()).toEqual(['failing']);
    expect(await told()).toBe(1);
  });
});
