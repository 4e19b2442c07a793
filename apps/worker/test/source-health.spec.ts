import {
  type ChangeDetectorApi,
  type ContentProcessorApi,
  type FetchOutcome,
  type ProcessResponse,
} from '@torale/contracts';
import type { Database } from '@torale/database';
import { insertCheckRun, insertContent, insertSource, insertUserQuery } from '@torale/testing';
import { sql } from 'kysely';
import { CheckRunner } from '../src/checks/check-runner.ts';
import { ChecksRepository } from '../src/checks/checks.repository.ts';
import { SourceHealthRepository } from '../src/checks/source-health.repository.ts';
import { workerConfig } from '../src/index.ts';
import { onBothDatabases } from './both-databases.ts';

onBothDatabases('a source that cannot be read', (opened) => {
  let answer: ProcessResponse;
  let sourceId: string;
  beforeEach(async () => {
    sourceId = await watch(600);
  });

  const contentProcessor = { process: async () => answer } as unknown as ContentProcessorApi;
  const changeDetector = {
    async detect({ check_id }: { check_id: string }) {
      await opened()
        .database.kysely.updateTable('check_runs')
        .set({ status: 'succeeded' })
        .where('id', '=', check_id)
        .execute();
      await opened()
        .database.kysely.updateTable('monitored_sources')
        .set({ consecutive_failures: 0, last_error: null, last_outcome: 'ok' })
        .where('id', '=', sourceId)
        .execute();
      return { verdict: 'changed', reason: 'scripted', alert_id: null, severity: null };
    },
  } as unknown as ChangeDetectorApi;

  /** A worker process as far as checks go. */
  function worker(database = opened().database) {
    const config = workerConfig.schema.parse({});
    const checks = new ChecksRepository(database, config);
    const health = new SourceHealthRepository(database, config);
    return { checks, health, runner: new CheckRunner(checks, health, contentProcessor, changeDetector) };
  }

  async function watch(check_interval_seconds: number): Promise<string> {
    const query = await insertUserQuery(opened().database, { check_interval_seconds });
    return (await insertSource(opened().database, { user_query_id: query.id })).id;
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
    const { id } = await insertContent(opened().database, { source_id: sourceId });
    answer = { outcome: 'ok', http_status: 200, content_id: id, detail: null };
  }
  async function check(runner = worker().runner) {
    const { id } = await insertCheckRun(opened().database, { source_id: sourceId });
    await runner.run({ check_id: id, source_id: sourceId });
    return id;
  }
  const source = () =>
    opened()
      .database.kysely.selectFrom('monitored_sources')
      .selectAll()
      .where('id', '=', sourceId)
      .executeTakeFirstOrThrow();
  const notices = () =>
    opened()
      .database.kysely.selectFrom('notices')
      .selectAll()
      .where('source_id', '=', sourceId)
      .orderBy('created_at')
      .execute();
  const kinds = async () => (await notices()).map(({ kind }) => kind);
  async function told(): Promise<string[]> {
    const { rows } = await sql<{ type: string }>`
      select type from events join notices notice on notice.id = (data ->> 'notice_id')::uuid
      where notice.source_id = ${sourceId} and data ->> 'source_id' = ${sourceId} order by events.id`.execute(
      opened().database.kysely,
    );
    return rows.map(({ type }) => type);
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
      {
        kind: 'failing',
        outcome: 'server_error',
        detail: 'The site answered 500.',
        occurred_at: failing_since,
      },
    ]);
    expect(await told()).toEqual(['source.failing']);
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
    expect(await told()).toEqual([
      'source.failing',
      'source.recovered',
      'source.failing',
      'source.recovered',
    ]);
    expect(await source()).toMatchObject({ failing_since: null, consecutive_failures: 0, last_error: null });
    const [first, second] = await notices();
    expect(second).toMatchObject({ occurred_at: first!.occurred_at, outcome: 'ok', detail: null });
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
    const runner = worker().runner;
    const { id } = await insertCheckRun(opened().database, { source_id: sourceId });
    const slow = answer;
    contentProcessor.process = async () => {
      await sql`update monitored_sources set respect_robots = false, next_check_at = now() where id = ${sourceId}`.execute(
        opened().database.kysely,
      );
      return slow;
    };
    await runner.run({ check_id: id, source_id: sourceId });
    contentProcessor.process = async () => answer;
    expect(await secondsToNextCheck()).toBeLessThanOrEqual(0);
  });

  test('is told of once by many workers at the same time', async () => {
    fails();
    const { checks } = worker();
    for (let failure = 0; failure < 3; failure++) {
      const { id } = await insertCheckRun(opened().database, { source_id: sourceId });
      await checks.start(id);
      await Promise.all([1, 2].map(() => checks.finishUnreadable(id, 'server_error', 'down')));
    }
    expect(await source()).toMatchObject({ consecutive_failures: 3 });
    const review = () => worker().health.review(sourceId);
    await Promise.all(Array.from({ length: 12 }, review));
    expect(await kinds()).toEqual(['failing']);
    await works();
    await check();
    await Promise.all(Array.from({ length: 12 }, review));
    expect(await kinds()).toEqual(['failing', 'recovered']);
    expect(await told()).toEqual(['source.failing', 'source.recovered']);
  });

  test('is told of by the next try of the same check when its process died in between', async () => {
    fails();
    await check();
    await check();
    const { checks, runner } = worker();
    const { id } = await insertCheckRun(opened().database, { source_id: sourceId });
    await checks.start(id);
    await checks.finishUnreadable(id, 'server_error', 'down');
    // Here it died. The job engine gives the job to another.
    expect(await notices()).toEqual([]);
    await runner.run({ check_id: id, source_id: sourceId });
    expect(await kinds()).toEqual(['failing']);
    expect(await source()).toMatchObject({ consecutive_failures: 3 });
  });

  test('has turned only together with its notice and the event that tells of it', async () => {
    fails();
    await check();
    await check();
    const dying = worker({
      ...opened().database,
      transaction: (work) =>
        opened().database.transaction(async (transaction) => {
          await work(transaction);
          throw new Error('the process died here');
        }),
    } satisfies Database);
    await expect(check(dying.runner)).rejects.toThrow('died');
    expect(await notices()).toEqual([]);
    expect(await source()).toMatchObject({ failing_since: null, consecutive_failures: 3 });
    await worker().health.review(sourceId);
    expect(await kinds()).toEqual(['failing']);
    expect(await told()).toEqual(['source.failing']);
  });
});
