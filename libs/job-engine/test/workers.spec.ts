import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { jobs } from '@torale/contracts';
import { openPostgres, type Database } from '@torale/database';
import { eventually, hasPostgres, startPostgres, type PostgresCluster } from '@torale/testing';
import { sql } from 'kysely';
import { PgBossJobEngine } from '../src/index.ts';

/** How long the end of a job may take to be recorded, on a machine that has much else to do. */
const RECORDED_WITHIN_SECONDS = 1;
/** The product's promise; it takes 10 to 12 s. */
const TAKEN_OVER_WITHIN_SECONDS = 30;

(hasPostgres ? describe : describe.skip)('worker processes on one Postgres', () => {
  let cluster: PostgresCluster;
  let url: string;
  let database: Database;
  let sender: PgBossJobEngine;
  let workers: ChildProcess[];

  beforeAll(async () => {
    cluster = await startPostgres();
  }, 60_000);
  afterAll(() => cluster.stop());
  beforeEach(async () => {
    ({ url } = await cluster.createDatabase());
    database = openPostgres({ url, poolSize: 2 });
    sender = await PgBossJobEngine.startSender({ url });
    workers = [];
    await sql`create table runs (job uuid, attempt int, pid int,
      begun_at timestamptz not null default clock_timestamp(), ended_at timestamptz)`.execute(
      database.kysely,
    );
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => end(worker, 'SIGKILL')));
    await sender.stop(0);
    await database.close();
  });

  async function start(jobMs: number, graceMs = 10_000): Promise<ChildProcess> {
    const file = join(import.meta.dirname, 'worker.child.ts');
    const worker = spawn(
      process.execPath,
      ['--conditions=@torale/source', file, url, String(jobMs), String(graceMs)],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
    );
    workers.push(worker);
    await once(worker.stdout!, 'data');
    return worker;
  }
  async function end(worker: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
    if (worker.exitCode !== null || worker.signalCode !== null) return worker.exitCode;
    const exited = once(worker, 'exit') as Promise<[number | null]>;
    worker.kill(signal);
    return (await exited)[0];
  }
  const enqueue = (count: number) =>
    database.transaction((transaction) =>
      sender.enqueue(
        transaction,
        jobs.deliver,
        Array.from({ length: count }, () => ({ delivery_id: randomUUID() })),
      ),
    );
  const runs = async () => {
    const { rows } = await sql<{
      job: string;
      attempt: number;
      pid: number;
      begun: number;
      ended: number | null;
    }>`
      select job, attempt, pid, extract(epoch from begun_at)::float8 as begun,
        extract(epoch from ended_at)::float8 as ended
      from runs order by begun_at`.execute(database.kysely);
    return rows;
  };
  const jobsLeft = async () => (await sql`select from pgboss.job`.execute(database.kysely)).rows.length;
  const allDone = (withinMs: number) =>
    eventually('all jobs to be done', async () => (await jobsLeft()) === 0, withinMs);

  test('run every job once, and each takes its share', async () => {
    // Long enough for one that the machine holds up to still come in for its share.
    await Promise.all([start(500), start(500), start(500)]);
    await enqueue(600);
    await allDone(60_000);
    const all = await runs();
    expect(all).toHaveLength(600);
    expect(new Set(all.map(({ job }) => job)).size).toBe(600);
    for (const worker of workers) {
      expect(all.filter(({ pid }) => pid === worker.pid).length).toBeGreaterThan(60);
    }
  }, 180_000);

  test('take over what one had at work that was killed, and run no job twice at once', async () => {
    const [killed] = await Promise.all([start(700), start(700), start(700)]);
    await enqueue(400);
    await eventually('the first to have ended some and to have others at work', async () => {
      const own = (await runs()).filter(({ pid }) => pid === killed!.pid);
      return (
        own.some(({ ended }) => ended !== null && ended < Date.now() / 1000 - RECORDED_WITHIN_SECONDS) &&
        own.filter(({ ended }) => ended === null).length >= 8
      );
    });
    await end(killed!, 'SIGKILL');
    const { rows } = await sql<{
      at: number;
    }>`select extract(epoch from clock_timestamp())::float8 as at`.execute(database.kysely);
    const killedAt = rows[0]!.at;
    await allDone(60_000);

    const all = await runs();
    const unfinished = all.filter(({ pid, ended }) => pid === killed!.pid && ended === null);
    expect(unfinished).not.toEqual([]);
    const takenOver = unfinished.map(
      ({ job }) => all.find((run) => run.job === job && run.pid !== killed!.pid)!.begun - killedAt,
    );
    expect(Math.max(...takenOver)).toBeLessThan(TAKEN_OVER_WITHIN_SECONDS);
    // Not while its claim may still hold either.
    for (const { job } of all) {
      const tries = all.filter((run) => run.job === job);
      tries.slice(1).forEach(({ begun }, index) => {
        const before = tries[index]!;
        expect(begun).toBeGreaterThan(before.ended ?? killedAt);
      });
    }
    // What had ended was not run again.
    for (const { job, pid, ended } of all) {
      if (pid === killed!.pid && ended !== null && ended < killedAt - RECORDED_WITHIN_SECONDS) {
        expect(all.filter((run) => run.job === job)).toHaveLength(1);
      }
    }
  }, 180_000);

  test('hand over what does not end within the grace of one that is asked to stop', async () => {
    const stopped = await start(60_000, 500);
    await enqueue(4);
    await eventually('the jobs to begin', async () => (await runs()).length === 4);
    const heir = await start(10);
    const asked = Date.now();
    expect(await end(stopped, 'SIGTERM')).toBe(0);
    expect(Date.now() - asked).toBeLessThan(15_000);
    // At once: no lease has to run out.
    await allDone(5_000);
    const again = (await runs()).filter(({ pid }) => pid === heir.pid);
    expect(again.map(({ attempt }) => attempt)).toEqual([2, 2, 2, 2]);
  }, 120_000);

  test('finish what ends within the grace of one that is asked to stop', async () => {
    const stopped = await start(1_000, 10_000);
    await enqueue(4);
    await eventually('the jobs to begin', async () => (await runs()).length === 4);
    expect(await end(stopped, 'SIGTERM')).toBe(0);
    expect((await runs()).every(({ ended }) => ended !== null)).toBe(true);
    expect(await jobsLeft()).toBe(0);
  }, 120_000);
});
