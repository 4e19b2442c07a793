import {
  CHANGE_DETECTOR_API,
  CONTENT_PROCESSOR_API,
  type HousekeepingResult,
  NOTIFICATIONS_API,
} from '@torale/contracts';
import { DATABASE } from '@torale/database';
import { JOB_ENGINE, PgBossJobEngine } from '@torale/job-engine';
import { createTestApplication } from '@torale/service-host';
import {
  createTestDatabase,
  eventually,
  insertAlert,
  insertCheckRun,
  type TestDatabase,
} from '@torale/testing';
import { sql } from 'kysely';
import { workerConfig, WorkerModule } from '../src/index.ts';

const source = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;

let testDatabase: TestDatabase;
let result: HousekeepingResult;
const contentProcessor = {
  housekeep: jest.fn<Promise<HousekeepingResult>, []>(),
  reembed: jest.fn<Promise<{ embedded_blocks: number }>, [{ source_id: string }]>(),
};
let stop: (() => Promise<void>) | undefined;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  result = { deleted_contents: 2, deleted_snapshots: 1, sources_to_reembed: [] };
  contentProcessor.housekeep.mockReset().mockImplementation(async () => result);
  contentProcessor.reembed.mockReset().mockResolvedValue({ embedded_blocks: 3 });
});
afterEach(async () => {
  await stop?.();
  stop = undefined;
  await testDatabase.close();
});

/** One worker; on PGlite the engine may be started once. */
async function startWorker(environment: Record<string, string> = {}) {
  const app = await createTestApplication({
    name: 'worker',
    module: WorkerModule,
    config: [workerConfig],
    environment,
    providers: [
      { provide: DATABASE, useValue: testDatabase.database },
      {
        provide: JOB_ENGINE,
        useValue: await PgBossJobEngine.start({ pglite: testDatabase.database.pglite }),
      },
      { provide: CONTENT_PROCESSOR_API, useValue: contentProcessor },
      { provide: CHANGE_DETECTOR_API, useValue: {} },
      { provide: NOTIFICATIONS_API, useValue: {} },
    ],
  });
  stop = () => app.close();
}
const called = (mock: jest.Mock, times: number) =>
  eventually(`${times} calls`, async () => (mock.mock.calls.length >= times ? true : undefined));
const minutesUntilDue = async () => {
  const { rows } = await sql<{
    minutes: number;
  }>`select round(extract(epoch from due_at - now()) / 60)::int as minutes
    from periodic_jobs where name = 'housekeeping'`.execute(testDatabase.database.kysely);
  return rows[0]!.minutes;
};

test('runs when it is due, and is due again after the interval', async () => {
  await startWorker({ HOUSEKEEPING_INTERVAL_MINUTES: '15' });
  await called(contentProcessor.housekeep, 1);
  expect(await minutesUntilDue()).toBe(15);
});

test('forgets checks that are old, but for those that run or that an alert came from', async () => {
  const { database } = testDatabase;
  const check = (daysAgo: number, status: 'succeeded' | 'failed' | 'running') =>
    insertCheckRun(database, { status, created_at: new Date(Date.now() - daysAgo * 86_400_000) });
  const old = [await check(31, 'succeeded'), await check(400, 'failed')];
  const cited = await check(31, 'succeeded');
  await insertAlert(database, { source_id: cited.source_id, check_id: cited.id });
  const kept = [cited, await check(31, 'running'), await check(29, 'succeeded')];
  await startWorker({ CHECKS_RETENTION_DAYS: '30' });
  const ids = async () => {
    const rows = await database.kysely.selectFrom('check_runs').select('id').execute();
    return rows.map(({ id }) => id);
  };
  await eventually('old checks to be forgotten', async () => {
    const left = await ids();
    return !old.some(({ id }) => left.includes(id));
  });
  expect(await ids()).toEqual(expect.arrayContaining(kept.map(({ id }) => id)));
});

test('does not run before it is due, however often workers start', async () => {
  await sql`update periodic_jobs set due_at = now() + interval '10 minutes'`.execute(
    testDatabase.database.kysely,
  );
  await startWorker();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(contentProcessor.housekeep).not.toHaveBeenCalled();
  expect(await minutesUntilDue()).toBe(10);
});

test('hands sources without vectors over as jobs, which are tried again when they fail', async () => {
  result.sources_to_reembed = [source(1), source(2)];
  contentProcessor.reembed.mockRejectedValueOnce(new Error('the provider is down'));
  await startWorker();
  await called(contentProcessor.reembed, 2);
  const asked = contentProcessor.reembed.mock.calls.map(([{ source_id }]) => source_id as string);
  expect(asked.sort()).toEqual([source(1), source(2)]);
  // What is done leaves the queue.
  await eventually('the one that failed to be left, for another try', async () => {
    const { rows } = await sql<{ state: string }>`
      select state::text as state from pgboss.job where name = 'reembed'`.execute(
      testDatabase.database.kysely,
    );
    return rows.length === 1 && rows[0]!.state === 'retry';
  });
});
