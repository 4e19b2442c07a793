import {
  AppError,
  type ChangeDetectorApi,
  type CheckAttempt,
  type ContentProcessorApi,
  type ProcessResponse,
} from '@torale/contracts';
import type { Database } from '@torale/database';
import { insertCheckRun, insertContent, insertSource } from '@torale/testing';
import { sql } from 'kysely';
import { CheckRunner } from '../src/checks/check-runner.ts';
import { ChecksRepository } from '../src/checks/checks.repository.ts';
import { SourceHealthRepository } from '../src/checks/source-health.repository.ts';
import { workerConfig } from '../src/index.ts';
import { workerName } from '../src/worker-name.ts';
import { onBothDatabases } from './both-databases.ts';

onBothDatabases('a check', (opened) => {
  let runner: CheckRunner;
  let checks: ChecksRepository;
  let process: () => Promise<ProcessResponse>;
  let source_id: string;
  let check_id: string;
  const config = workerConfig.schema.parse({});
  beforeEach(async () => {
    const { database } = opened();
    checks = new ChecksRepository(database, config);
    runner = runnerOn(database);
    source_id = (await insertSource(database)).id;
    check_id = (await insertCheckRun(database, { source_id })).id;
  });

  function runnerOn(database: Database): CheckRunner {
    return new CheckRunner(
      new ChecksRepository(database, config),
      new SourceHealthRepository(database, config),
      { process: () => process() } as unknown as ContentProcessorApi,
      {
        detect: async () => {
          throw new AppError('service_unavailable', 'change-detector is away');
        },
      } as unknown as ChangeDetectorApi,
    );
  }
  const run = () => runner.run({ check_id, source_id });
  const row = () =>
    opened()
      .database.kysely.selectFrom('check_runs')
      .selectAll()
      .where('id', '=', check_id)
      .executeTakeFirstOrThrow();
  const endings = async () => (await row()).attempts.map(({ ok, step, error }) => [ok, step, error]);
  async function finds(content: 'known' | 'new') {
    const { id } = await insertContent(opened().database, { source_id });
    if (content === 'known') {
      await opened()
        .database.kysely.updateTable('monitored_sources')
        .set({ judged_content_id: id })
        .where('id', '=', source_id)
        .execute();
    }
    process = async () => ({ outcome: 'ok', http_status: 200, content_id: id, detail: null });
  }
  const eventsOf = () =>
    opened()
      .database.kysely.selectFrom('events')
      .select(['type', 'data'])
      .where(sql<string>`data ->> 'source_id'`, '=', source_id)
      .orderBy('id')
      .execute();

  test('keeps its attempts: put back, failed, left by a worker that died, done', async () => {
    process = async () => ({
      outcome: 'deferred',
      retry_at: new Date().toISOString(),
      http_status: null,
      content_id: null,
      detail: 'Others are before this',
    });
    await run();
    process = async () => {
      throw new AppError('service_unavailable', 'content-processor is away');
    };
    await expect(run()).rejects.toThrow('away');
    await finds('new');
    await expect(run()).rejects.toThrow('away');
    // A worker that was killed here.
    await checks.start(check_id);
    await finds('known');
    await run();

    expect(await endings()).toEqual([
      [null, 'read', 'Others are before this'],
      [false, 'read', 'content-processor is away'],
      [false, 'judge', 'change-detector is away'],
      [false, null, 'The worker stopped or took too long.'],
      [true, 'read', null],
    ]);
    const { attempts } = await row();
    for (const { started_at, ended_at, worker } of attempts) {
      expect(new Date(started_at).toISOString()).toBe(started_at);
      expect(Date.parse(ended_at!)).toBeGreaterThanOrEqual(Date.parse(started_at));
      expect(worker).toBe(workerName);
    }
    expect(await eventsOf()).toEqual([
      { type: 'source.checked', data: { source_id, check_id, outcome: 'ok', verdict: 'unchanged' } },
    ]);
  });

  test('says that it ended however it ended, once', async () => {
    process = async () => ({ outcome: 'not_found', http_status: 404, content_id: null, detail: 'gone' });
    await run();
    await run();
    expect(await eventsOf()).toMatchObject([{ data: { outcome: 'not_found', verdict: null } }]);

    check_id = (await insertCheckRun(opened().database, { source_id })).id;
    await checks.start(check_id);
    await runner.abandon({ check_id, source_id }, new Error('nobody could'));
    await runner.abandon({ check_id, source_id }, new Error('nobody could'));
    expect(await endings()).toEqual([[false, null, 'Torale could not run this check: nobody could']]);

    check_id = (await insertCheckRun(opened().database, { source_id })).id;
    await opened()
      .database.kysely.updateTable('monitored_sources')
      .set({ status: 'paused' })
      .where('id', '=', source_id)
      .execute();
    await run();
    expect(await endings()).toEqual([[null, null, 'The source is paused.']]);
    expect((await eventsOf()).map(({ data }) => data)).toMatchObject([
      { outcome: 'not_found' },
      { outcome: null, verdict: null },
      { check_id, outcome: null, verdict: null },
    ]);
  });

  test('that is given up is made up for in minutes, each time later, whatever its schedule', async () => {
    const { database } = opened();
    const inAWeek = new Date(Date.now() + 7 * 86_400_000).toISOString();
    const setSource = (next_check_at: string, last_checked_at: string | null = null) =>
      database.kysely
        .updateTable('monitored_sources')
        .set({ next_check_at, last_checked_at })
        .where('id', '=', source_id)
        .execute();
    const nextAfterOneMore = async () => {
      await checks.start(check_id);
      await runner.abandon({ check_id, source_id }, new Error('nobody could'));
      check_id = (await insertCheckRun(database, { source_id })).id;
      const { rows } = await sql<{ minutes: number }>`
        select round(extract(epoch from next_check_at - now()) / 60)::int as minutes
        from monitored_sources where id = ${source_id}`.execute(database.kysely);
      return rows[0]!.minutes;
    };
    const waits: number[] = [];
    for (let failures = 0; failures < 10; failures++) {
      await setSource(inAWeek);
      waits.push(await nextAfterOneMore());
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440]);
    // Once it was checked, and what is due sooner anyway.
    await setSource(inAWeek, new Date().toISOString());
    await sql`update check_runs set created_at = now() + interval '1 s' where id = ${check_id}`.execute(
      database.kysely,
    );
    expect(await nextAfterOneMore()).toBe(5);
    await setSource(new Date(Date.now() + 120_000).toISOString());
    expect(await nextAfterOneMore()).toBe(2);
  });

  test('keeps the last fifty attempts', async () => {
    for (let n = 0; n < 53; n++) {
      await checks.start(check_id);
      await checks.noteFailure(check_id, 'read', `attempt ${n}`);
    }
    const { attempts } = (await row()) as { attempts: CheckAttempt[] };
    expect(attempts).toHaveLength(50);
    expect(attempts[0]!.error).toBe('attempt 3');
    expect(attempts.at(-1)!.error).toBe('attempt 52');
  });

  test('that finds nothing new takes three statements, with its attempts and its event', async () => {
    await finds('known');
    const { database } = opened();
    let statements = 0;
    const counting = database.kysely.withPlugin({
      transformQuery({ node }) {
        statements++;
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    await runnerOn({ ...database, kysely: counting }).run({ check_id, source_id });
    expect(await row()).toMatchObject({
      status: 'succeeded',
      verdict: 'unchanged',
      attempts: [{ ok: true }],
    });
    expect(await eventsOf()).toHaveLength(1);
    expect(statements).toBe(3);
  });
});
