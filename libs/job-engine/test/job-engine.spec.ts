import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobs } from '@torale/contracts';
import { openPglite, openPostgres } from '@torale/database';
import { eventually, hasPostgres, startPostgres, type PostgresCluster } from '@torale/testing';
import { sql } from 'kysely';
import { PgBossJobEngine, type JobContext } from '../src/index.ts';
import { describeOnBoth } from './on-both-databases.ts';

const noop = async () => undefined;

describeOnBoth('the job engine', (subject, engine, startAgain) => {
  const enqueue = (...alertIds: string[]) =>
    subject().database.transaction((transaction) =>
      engine().enqueue(
        transaction,
        jobs.deliver,
        alertIds.map((delivery_id) => ({ delivery_id })),
      ),
    );
  const jobsInQueue = async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from pgboss.job where name = ${jobs.deliver.queue}`.execute(
      subject().database.kysely,
    );
    return rows[0]!.count;
  };
  /** Works on every job with `handle` and collects the tries. */
  const work = async (
    handle: (context: JobContext, alertId: string) => Promise<void> = noop,
    options: { concurrency?: number } = {},
  ) => {
    const tries: { alertId: string; attempt: number; at: number }[] = [];
    const exhausted: { alertId: string; error: unknown }[] = [];
    await engine().work(jobs.deliver, {
      concurrency: options.concurrency ?? 1,
      handle: async ({ delivery_id }, context) => {
        tries.push({ alertId: delivery_id, attempt: context.attempt, at: Date.now() });
        await handle(context, delivery_id);
      },
      givenUp: async ({ delivery_id }, { error }) => void exhausted.push({ alertId: delivery_id, error }),
    });
    return { tries, exhausted };
  };

  it('runs a job soon after the commit it was enqueued in', async () => {
    const { tries } = await work();
    const id = randomUUID();
    await enqueue(id);
    const committed = Date.now();
    const first = await eventually('the job', async () => tries[0]);
    expect(first).toMatchObject({ alertId: id, attempt: 1 });
    expect(first.at - committed).toBeLessThan(5_000);
  });

  it('leaves nothing of what was enqueued in a transaction that rolled back', async () => {
    const rolledBack = subject().database.transaction(async (transaction) => {
      await engine().enqueue(transaction, jobs.deliver, [{ delivery_id: randomUUID() }]);
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    expect(await jobsInQueue()).toBe(0);
  });

  it('fails a transaction as a whole when one of its statements fails after enqueueing', async () => {
    const failed = subject().database.transaction(async (transaction) => {
      await engine().enqueue(transaction, jobs.deliver, [{ delivery_id: randomUUID() }]);
      await sql`select 1 / 0`.execute(transaction);
    });
    await expect(failed).rejects.toThrow('division by zero');
    expect(await jobsInQueue()).toBe(0);
  });

  it('refuses a payload that is not what the contract says', async () => {
    await expect(enqueue('not an id')).rejects.toThrow('delivery_id');
    expect(await jobsInQueue()).toBe(0);
  });

  it('tries a job that fails again, later each time', async () => {
    const { tries } = await work(async ({ attempt }) => {
      if (attempt < 3) throw new Error('not yet');
    });
    await enqueue(randomUUID());
    await eventually('the third try', async () => tries.length === 3);
    expect(tries.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    // 1 to 2 s, then 2 to 4 s.
    expect(tries[1]!.at - tries[0]!.at).toBeGreaterThanOrEqual(1_000);
    expect(tries[2]!.at - tries[1]!.at).toBeGreaterThanOrEqual(2_000);
  });

  it('says once that a job is exhausted, when its last try failed and not before', async () => {
    const ids = [randomUUID(), randomUUID()];
    await enqueue(...ids);
    await sql`update pgboss.job set retry_limit = 1`.execute(subject().database.kysely);
    const { tries, exhausted } = await work(
      async (_, alertId) => {
        expect(exhausted).not.toContainEqual(expect.objectContaining({ alertId }));
        throw new Error(`cannot tell ${alertId}`);
      },
      { concurrency: 2 },
    );
    await eventually('both to be exhausted', async () => exhausted.length === 2);
    await sleep(1_000);
    expect(tries).toHaveLength(4);
    expect(new Set(exhausted)).toEqual(
      new Set(ids.map((alertId) => ({ alertId, error: new Error(`cannot tell ${alertId}`) }))),
    );
  });

  it('says it again when the process stops before what follows from it was done', async () => {
    await enqueue(randomUUID());
    await sql`update pgboss.job set retry_limit = 0`.execute(subject().database.kysely);
    let reached = false;
    await engine().work(jobs.deliver, {
      concurrency: 1,
      handle: () => Promise.reject(new Error('no')),
      givenUp: () => {
        reached = true;
        return new Promise(() => undefined);
      },
    });
    await eventually('the first time', async () => reached);
    await engine().stop(0);
    await startAgain();
    const { exhausted } = await work();
    await eventually('the second time', async () => exhausted.length === 1);
  });

  it('runs as many jobs at a time as it may, and a slow one holds up no other', async () => {
    let running = 0;
    let most = 0;
    const slow = randomUUID();
    const { tries } = await work(
      async ({ signal }, alertId) => {
        most = Math.max(most, ++running);
        await sleep(alertId === slow ? 60_000 : 20, undefined, { signal }).catch(noop);
        running--;
      },
      { concurrency: 2 },
    );
    await enqueue(slow, ...Array.from({ length: 20 }, randomUUID));
    const started = Date.now();
    await eventually('all jobs', async () => tries.length === 21);
    expect(most).toBe(2);
    // They follow one another at once, and not one per poll.
    expect(Date.now() - started).toBeLessThan(6_000);
  });

  it('lets running jobs finish when it stops', async () => {
    const finished: string[] = [];
    const { tries } = await work(async (_, alertId) => {
      await sleep(500);
      finished.push(alertId);
    });
    const [first, second] = [randomUUID(), randomUUID()];
    await enqueue(first);
    await eventually('the job to start', async () => tries.length === 1);
    await enqueue(second);
    await engine().stop(10_000);
    expect(finished).toEqual([first]);
    await startAgain();
    const after = await work();
    await eventually('the second job', async () => after.tries.length === 1);
    expect(after.tries).toEqual([expect.objectContaining({ alertId: second, attempt: 1 })]);
  });

  it('releases jobs that do not finish in time', async () => {
    let aborted = false;
    const { tries } = await work(async ({ signal }) => {
      signal.addEventListener('abort', () => (aborted = true));
      await new Promise(() => undefined);
    });
    await enqueue(randomUUID());
    await eventually('the job to start', async () => tries.length === 1);
    const stopping = Date.now();
    await engine().stop(300);
    expect(Date.now() - stopping).toBeLessThan(10_000);
    expect(aborted).toBe(true);
    await startAgain();
    const after = await work();
    const again = await eventually('the job to run again', async () => after.tries[0], 5_000);
    expect(again.attempt).toBe(2);
  });

  it('gives up a try that takes too long', async () => {
    await enqueue(randomUUID());
    await sql`update pgboss.job set expire_seconds = 1`.execute(subject().database.kysely);
    const { tries } = await work(({ attempt }) =>
      attempt === 1 ? new Promise(() => undefined) : Promise.resolve(),
    );
    await eventually('the second try', async () => tries.length === 2);
  });

  it('enqueues for others without working itself', async () => {
    const sender = await PgBossJobEngine.startSender(subject().connection);
    const { tries } = await work();
    const id = randomUUID();
    await subject().database.transaction((transaction) =>
      sender.enqueue(transaction, jobs.deliver, [{ delivery_id: id }]),
    );
    await eventually('the job', async () => tries[0]?.alertId === id);
    await sender.stop(0);
  });
});

/** A process that runs a job when it is killed. */
async function killWhileRunning(where: string): Promise<string> {
  const id = randomUUID();
  const child = spawn(
    process.execPath,
    ['--conditions=@torale/source', join(import.meta.dirname, 'killed.child.ts'), where, id],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  return id;
}

async function takesOver(engine: PgBossJobEngine, id: string, withinMs: number) {
  const tries: [string, number][] = [];
  await engine.work(jobs.deliver, {
    concurrency: 1,
    handle: async ({ delivery_id }, { attempt }) => void tries.push([delivery_id, attempt]),
    givenUp: noop,
  });
  await eventually('the job to be taken over', async () => tries.length > 0, withinMs);
  await engine.stop(0);
  expect(tries).toEqual([[id, 2]]);
}

describe('the job engine on PGlite', () => {
  it('runs what a killed process was running as soon as the next one has started', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'torale-jobs-'));
    const id = await killWhileRunning(dataDirectory);
    const { pglite, close } = await openPglite({ dataDirectory });
    await takesOver(await PgBossJobEngine.start({ pglite }), id, 8_000);
    await close();
    await rm(dataDirectory, { recursive: true });
  }, 120_000);
});

(hasPostgres ? describe : describe.skip)('the job engine on Postgres', () => {
  let postgres: PostgresCluster;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(() => postgres.stop());

  it('takes over what a killed process was running', async () => {
    const { url } = await postgres.createDatabase();
    const engine = await PgBossJobEngine.start({ url });
    const id = await killWhileRunning(url);
    // 10 s until the claim is void, 1 s until that is seen, 0.4 s until the next poll.
    await takesOver(engine, id, 30_000);
  }, 120_000);

  it('starts in several processes at once on a database without it', async () => {
    const { url } = await postgres.createDatabase();
    const engines = await Promise.all([1, 2, 3, 4].map(() => PgBossJobEngine.start({ url })));
    await Promise.all(engines.map((engine) => engine.stop(0)));
  }, 60_000);

  it('works on when its connections break', async () => {
    const { url } = await postgres.createDatabase();
    const database = openPostgres({ url, poolSize: 2 });
    const engine = await PgBossJobEngine.start({ url });
    const done: string[] = [];
    await engine.work(jobs.deliver, {
      concurrency: 1,
      handle: async ({ delivery_id }) => void done.push(delivery_id),
      givenUp: noop,
    });
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'torale-jobs' and datname = current_database()`.execute(database.kysely);
    const id = randomUUID();
    await database.transaction((transaction) =>
      engine.enqueue(transaction, jobs.deliver, [{ delivery_id: id }]),
    );
    await eventually('the job', async () => done.length > 0);
    expect(done).toEqual([id]);
    await engine.stop(0);
    await database.close();
  }, 60_000);

  it('tells a job that another process has taken over', async () => {
    const { url } = await postgres.createDatabase();
    const database = openPostgres({ url, poolSize: 2 });
    const engine = await PgBossJobEngine.start({ url });
    let lost: unknown;
    let running = false;
    await engine.work(jobs.deliver, {
      concurrency: 1,
      handle: (_, { signal }) => {
        running = true;
        return new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            lost = signal.reason;
            resolve();
          });
        });
      },
      givenUp: noop,
    });
    await database.transaction((transaction) =>
      engine.enqueue(transaction, jobs.deliver, [{ delivery_id: randomUUID() }]),
    );
    await eventually('the job', async () => running);
    await sql`update pgboss.job set retry_count = retry_count + 1 where state = 'active'`.execute(
      database.kysely,
    );
    await eventually('the signal', async () => lost);
    expect(lost).toEqual(new Error('another process has taken the job over'));
    await engine.stop(0);
    await database.close();
  }, 60_000);
});
