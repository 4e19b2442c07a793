import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import {
  AppError,
  CHANGE_DETECTOR_API,
  CONTENT_PROCESSOR_API,
  events,
  jobs,
  NOTIFICATIONS_API,
  type NotifyRequest,
  type ProcessResponse,
} from '@torale/contracts';
import { DATABASE, embeddedDatabaseConfig } from '@torale/database';
import { appendEvents } from '@torale/events';
import { DEAD_LETTERS, JOB_ENGINE, PgBossJobEngine } from '@torale/job-engine';
import { createTestApplication } from '@torale/service-host';
import {
  createTestDatabase,
  createUser,
  eventually,
  insertCheckRun,
  insertSource,
  type TestDatabase,
} from '@torale/testing';
import { runAdminCommand } from '../src/admin-command/run-admin-command.ts';
import { AdminModule, operatorConfig, workerConfig, WorkerModule } from '../src/index.ts';

const token = 'a token of these tests, and no other'.replaceAll(/\W/g, '-');

describe('an operator', () => {
  let testDatabase: TestDatabase;
  let engine: PgBossJobEngine;
  let folder: string;
  let url: string;
  let stop: () => Promise<void>;
  let notify: jest.Mock<Promise<{ delivery_ids: string[] }>, [NotifyRequest]>;
  let process: () => Promise<ProcessResponse>;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    engine = await PgBossJobEngine.start({ pglite: testDatabase.database.pglite });
    folder = await mkdtemp(join(tmpdir(), 'torale-operator-'));
    notify = jest.fn().mockResolvedValue({ delivery_ids: [] });
    stop = () => engine.stop(0);
  });
  afterEach(async () => {
    await stop();
    await testDatabase.close();
    await rm(folder, { recursive: true });
  });

  async function start(admin: ReturnType<typeof AdminModule.fromEnvironment>, environment: object = {}) {
    @Module({ imports: [WorkerModule, admin] })
    class Worker {}
    const app = await createTestApplication({
      name: 'worker',
      module: Worker,
      config: [workerConfig, operatorConfig, embeddedDatabaseConfig],
      environment: { DISPATCH_INTERVAL_MS: '50', TORALE_DATA_DIR: folder, ...environment },
      providers: [
        { provide: DATABASE, useValue: testDatabase.database },
        { provide: JOB_ENGINE, useValue: engine },
        { provide: DEAD_LETTERS, useValue: engine.deadLetters },
        {
          provide: CONTENT_PROCESSOR_API,
          useValue: {
            process: () => process(),
            housekeep: async () => ({ deleted_contents: 0, deleted_snapshots: 0, sources_to_reembed: [] }),
          },
        },
        { provide: CHANGE_DETECTOR_API, useValue: {} },
        { provide: NOTIFICATIONS_API, useValue: { notify } },
      ],
    });
    url = await app.getUrl();
    stop = () => app.close();
  }
  const startWithToken = () => start(AdminModule.fromEnvironment(), { OPERATOR_TOKEN: token });

  /** As `npm run admin -- …`, with what it prints. */
  async function admin(line: string, environment: Record<string, string> = { OPERATOR_TOKEN: token }) {
    const printed: string[] = [];
    const print = (text: string) => void printed.push(text);
    const code = await runAdminCommand(
      line.split(' '),
      { TORALE_URL: url, TORALE_DATA_DIR: folder, ...environment },
      { log: print, error: print },
    );
    return { code, text: printed.join('\n') };
  }
  async function alertHappens(alert_id: string): Promise<void> {
    const { id: user_id } = await createUser(testDatabase.database);
    await testDatabase.database.transaction((transaction) =>
      appendEvents(transaction, events.alertCreated, [
        { user_id, data: { alert_id, user_query_id: randomUUID() } },
      ]),
    );
  }
  const deadLetters = async (count: number) =>
    eventually(`${count} dead letters`, async () => {
      const { data } = await engine.deadLetters.list({ limit: 10 });
      return data.length === count && data;
    });
  const called = (times: number) =>
    eventually(`${times} calls`, async () => notify.mock.calls.length >= times);

  test('is nobody without the token, and is told what to do', async () => {
    await startWithToken();
    const get = async (authorization?: string) => {
      const response = await fetch(`${url}/api/v1/admin/queues`, {
        headers: authorization ? { authorization } : {},
      });
      return { status: response.status, body: (await response.json()) as object };
    };
    expect(await get()).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(await get(`Bearer ${token}x`)).toMatchObject({
      status: 401,
      body: { code: 'invalid_credentials' },
    });
    expect(await get(`Bearer ${token}`)).toMatchObject({ status: 200 });
    expect(await admin('queues', { OPERATOR_TOKEN: 'wrong' })).toEqual({
      code: 1,
      text: 'This is not the operator token. Set OPERATOR_TOKEN to that of the worker.',
    });
    expect(await admin('queues', {})).toMatchObject({
      code: 1,
      text: expect.stringContaining('set OPERATOR_TOKEN'),
    });
    expect(await admin('queues', { OPERATOR_TOKEN: token, TORALE_URL: 'http://127.0.0.1:9' })).toMatchObject({
      code: 1,
      text: expect.stringContaining('Does it run?'),
    });
    expect(await admin('quues')).toMatchObject({
      code: 1,
      text: expect.stringContaining('npm run admin --'),
    });
  });

  test('is nobody where no token was set', async () => {
    await start(AdminModule.fromEnvironment());
    expect(await admin('queues')).toEqual({
      code: 1,
      text: 'There are no operators here: set OPERATOR_TOKEN for the worker.',
    });
  });

  test('is who can read the file of a standalone', async () => {
    await start(AdminModule.inDataFolder());
    const path = join(folder, 'operator/token');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readFile(path, 'utf8')).length).toBeGreaterThanOrEqual(32);
    expect(await admin('queues', {})).toMatchObject({ code: 0 });
  });

  test('sees who is behind, and has events handed over again', async () => {
    await startWithToken();
    const alertId = randomUUID();
    const before = new Date(Date.now() - 1000).toISOString();
    await alertHappens(alertId);
    await called(1);
    const { text } = await admin('subscribers');
    expect(text).toMatch(/^subscriber +behind +for +cursor/);
    expect(text).toMatch(/notifications +0 +0\.0 s +\d+\/\d+/);

    expect(await admin(`events replay --subscriber notifications --from ${before}`)).toEqual({
      code: 0,
      text: `1 events since ${before} are handed to notifications again.`,
    });
    await called(2);
    expect(notify.mock.calls).toEqual([[{ alert_id: alertId }], [{ alert_id: alertId }]]);
    expect(await admin('events replay --subscriber notifications --from 2020-01-01')).toMatchObject({
      code: 0,
      text: expect.stringContaining('Events are kept for 14 days'),
    });
    expect(await admin(`events replay --subscriber nobody --from ${before}`)).toEqual({
      code: 1,
      text: 'There is no subscriber nobody, but notifications.',
    });
    expect(await admin('events replay --subscriber notifications --from yesterday')).toMatchObject({
      code: 1,
    });
  });

  test('sees, replays and drops what was given up', async () => {
    notify.mockRejectedValue(new AppError('invalid_request', 'nobody understands this'));
    await startWithToken();
    expect(await admin('dead-letters list')).toEqual({ code: 0, text: 'No job was given up.' });
    const [first, second] = [randomUUID(), randomUUID()];
    await alertHappens(first);
    await alertHappens(second);
    const letters = await deadLetters(2);
    const { text } = await admin(`dead-letters list --queue ${jobs.notificationsEvent.queue}`);
    for (const { id } of letters) expect(text).toContain(id);
    expect(text).toContain('nobody understands this');
    expect((await admin('queues')).text).toMatch(/notifications-event +0 +0 +0 +2/);

    notify.mockResolvedValue({ delivery_ids: [] });
    const [drop, replay] = letters as [(typeof letters)[0], (typeof letters)[0]];
    const alertOf = ({ payload }: typeof drop) => (payload as { data: { alert_id: string } }).data.alert_id;
    await eventually(
      'the letter to be settled',
      async () => (await admin(`dead-letters drop ${drop.id}`)).code === 0,
    );
    await eventually(
      'the other to be settled and replayed',
      async () => (await admin(`dead-letters replay --all`)).text === '1 jobs are run again.',
    );
    await called(3);
    expect(notify.mock.calls[2]).toEqual([{ alert_id: alertOf(replay) }]);
    expect(await admin('dead-letters list')).toEqual({ code: 0, text: 'No job was given up.' });
    expect(await admin(`dead-letters drop ${drop.id}`)).toMatchObject({
      code: 1,
      text: `0 done. There are no dead letters ${drop.id}.`,
    });
  });

  test('has a source checked anew whose check was given up', async () => {
    process = async () => {
      throw new AppError('invalid_request', 'This cannot be asked for.');
    };
    const source = await insertSource(testDatabase.database, {
      next_check_at: new Date(Date.now() + 3_600_000),
    });
    const { id: check_id } = await insertCheckRun(testDatabase.database, { source_id: source.id });
    await startWithToken();
    await deadLetters(1);
    const checks = () =>
      testDatabase.database.kysely
        .selectFrom('check_runs')
        .selectAll()
        .where('source_id', '=', source.id)
        .orderBy('queued_at')
        .execute();
    const [givenUp] = await eventually('the end of the check', async () => {
      const found = await checks();
      return found[0]?.status === 'failed' && found;
    });
    expect(givenUp).toMatchObject({
      id: check_id,
      outcome: null,
      reason: 'Torale could not run this check: This cannot be asked for.',
      attempts: [{ ok: false, step: 'read', error: 'This cannot be asked for.', worker: expect.any(String) }],
    });

    process = async () => ({
      outcome: 'not_found',
      http_status: 404,
      content_id: null,
      detail: 'The page is gone.',
    });
    await eventually('the replay', async () =>
      (await admin('dead-letters replay --all')).text.startsWith('1 '),
    );
    const [first, again] = await eventually('the next check', async () => {
      const found = await checks();
      return found[1]?.status === 'failed' && found;
    });
    expect(first).toEqual(givenUp);
    expect(again).toMatchObject({ trigger: 'manual', outcome: 'not_found' });
  });
});
