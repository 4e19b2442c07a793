import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, jobs } from '@torale/contracts';
import { openPostgres } from '@torale/database';
import { eventually, hasPostgres, startPostgres } from '@torale/testing';
import { sql } from 'kysely';
import { register } from 'prom-client';
import { PgBossJobEngine, type EnqueueOptions, type JobContext } from '../src/index.ts';
import { describeOnBoth } from './on-both-databases.ts';

describeOnBoth('jobs', (subject, engine) => {
  const enqueue = (ids: string[], options?: EnqueueOptions) =>
    subject().database.transaction((transaction) =>
      engine().enqueue(
        transaction,
        jobs.deliver,
        ids.map((delivery_id) => ({ delivery_id })),
        options,
      ),
    );
  const newIds = (count: number) => Array.from({ length: count }, () => randomUUID() as string);
  const inQueue = async () => {
    const { rows } = await sql<{ id: string; state: string; retry_limit: number; wait: number }>`
      select data ->> 'delivery_id' as id, state::text as state, retry_limit,
        extract(epoch from start_after - now())::float8 as wait
      from pgboss.job where name = 'deliver'`.execute(subject().database.kysely);
    return rows;
  };
  const queueIsEmpty = () => eventually('the queue to be empty', async () => (await inQueue()).length === 0);

  test('that are put off do not run before their time', async () => {
    const [id] = newIds(1);
    const due = new Date(Date.now() + 1_500);
    const runs: [id: string, at: number][] = [];
    await engine().work(jobs.deliver, {
      concurrency: 1,
      handle: async ({ delivery_id }) => void runs.push([delivery_id, Date.now()]),
    });
    await enqueue([id!], { start_after: due });
    await eventually('the job', async () => runs.length > 0);
    expect(runs[0]![0]).toBe(id);
    expect(runs[0]![1]).toBeGreaterThanOrEqual(due.getTime());
  });

  test('that somebody waits for come before all that wait already', async () => {
    await enqueue(newIds(5));
    const urgent = newIds(2);
    await enqueue(urgent, { urgent: true });
    const runs: string[] = [];
    await engine().work(jobs.deliver, {
      concurrency: 1,
      handle: async ({ delivery_id }) => void runs.push(delivery_id),
    });
    await queueIsEmpty();
    expect(runs.slice(0, 2).sort()).toEqual(urgent.sort());
  });

  test('whose receiver says when to come again wait that long', async () => {
    await engine().work(jobs.deliver, {
      concurrency: 1,
      handle: () => Promise.reject(new AppError('rate_limited', 'slow down', { retry_after_seconds: 600 })),
    });
    await enqueue(newIds(1));
    const [job] = await eventually('the failure', async () => {
      const rows = await inQueue();
      return rows[0]?.state === 'retry' && rows;
    });
    expect(job!.wait).toBeGreaterThan(595);
    expect(job!.wait).toBeLessThanOrEqual(660);
  });

  test('that a stopping process gives back are run at once, and have lost no try', async () => {
    let running = false;
    await engine().work(jobs.deliver, {
      concurrency: 1,
      handle: () => {
        running = true;
        return new Promise(() => undefined);
      },
    });
    await enqueue(newIds(1));
    const { retry_limit } = (await inQueue())[0]!;
    await eventually('the job to run', async () => running);
    await engine().stop(0);
    expect(await inQueue()).toMatchObject([{ state: 'retry', retry_limit: retry_limit + 1 }]);
    expect((await inQueue())[0]!.wait).toBeLessThanOrEqual(0);
  });

  test('are counted as long as they are due soon or at work', async () => {
    expect(await engine().backlog(0)).toBe(0);
    const end = Promise.withResolvers<void>();
    let running = 0;
    await engine().work(jobs.deliver, {
      concurrency: 1,
      handle: () => {
        running++;
        return end.promise;
      },
    });
    await enqueue(newIds(2));
    await enqueue(newIds(1), { start_after: new Date(Date.now() + 60_000) });
    await eventually('the first', async () => running === 1);
    expect(await engine().backlog(0)).toBe(2);
    expect(await engine().backlog(120_000)).toBe(3);
    end.resolve();
    await eventually('the end', async () => (await engine().backlog(0)) === 0);
  });

  test('are measured', async () => {
    const before = await ended('done');
    await engine().work(jobs.deliver, { concurrency: 8, handle: async () => undefined });
    await enqueue(newIds(20));
    await queueIsEmpty();
    // Counted when the engine has heard of it too.
    await eventually('all to be over', async () => (await valueOf('torale_jobs_running')) === 0);
    expect(await ended('done')).toBe(before + 20);
    await enqueue(newIds(3), { start_after: new Date(Date.now() + 60_000) });
    expect(await valueOf('torale_jobs_waiting')).toBe(3);
    expect(await valueOf('torale_jobs_limit')).toBe(8);
    expect(await valueOf('torale_jobs_running')).toBe(0);
    expect(await valueOf('torale_dead_letters')).toBe(0);
  });
  async function valueOf(name: string, labels: Record<string, string> = {}): Promise<number> {
    const { values } = await register.getSingleMetric(name)!.get();
    const wanted = { queue: 'deliver', ...labels };
    const sample = values.find(({ labels: found }) =>
      Object.entries(wanted).every(([label, value]) => found[label] === value),
    );
    return sample?.value ?? 0;
  }
  const ended = (outcome: string) => valueOf('torale_jobs_ended_total', { outcome });

  describe('in batches', () => {
    const batches: { ids: string[]; contexts: JobContext[] }[] = [];
    const work = (outcome: (id: string) => Promise<unknown>) => {
      batches.length = 0;
      return engine().work(jobs.deliver, {
        concurrency: 20,
        batch: 10,
        handleBatch: (payloads, contexts) => {
          batches.push({ ids: payloads.map(({ delivery_id }) => delivery_id), contexts });
          return payloads.map(({ delivery_id }) => outcome(delivery_id));
        },
      });
    };

    test('come together, as many as are asked for at most', async () => {
      const ids = newIds(20);
      await enqueue(ids);
      await work(async () => undefined);
      await queueIsEmpty();
      expect(batches.map((batch) => batch.ids.length)).toEqual([10, 10]);
      expect(batches.flatMap((batch) => batch.ids).sort()).toEqual(ids.sort());
      expect(batches[0]!.contexts).toHaveLength(10);
      expect(batches[0]!.contexts[0]).toMatchObject({ attempt: 1, signal: expect.any(AbortSignal) });
    });

    test('end each for itself: a slow one holds up none, one that fails fails alone', async () => {
      const [slow, failing, ...ids] = newIds(30);
      await enqueue([slow!, failing!, ...ids]);
      await work(async (id) => {
        if (id === slow) await new Promise(() => undefined);
        if (id === failing) throw new AppError('rate_limited', 'slow down', { retry_after_seconds: 60 });
      });
      const left = await eventually('all others', async () => {
        const rows = await inQueue();
        return rows.length === 2 && rows.some(({ state }) => state === 'retry') && rows;
      });
      expect(new Map(left.map(({ id, state }) => [id, state]))).toEqual(
        new Map([
          [slow, 'active'],
          [failing, 'retry'],
        ]),
      );
    });

    test('are tried again one and all when the call fails, or says nothing of them', async () => {
      await enqueue(newIds(10));
      const calls: string[][] = [];
      await engine().work(jobs.deliver, {
        concurrency: 10,
        batch: 5,
        handleBatch: (payloads) => {
          calls.push(payloads.map(({ delivery_id }) => delivery_id));
          if (calls.length === 1) throw new Error('the service is away');
          return payloads.slice(calls.length === 2 ? 1 : 0).map(async () => undefined);
        },
      });
      await queueIsEmpty();
      const [failed, incomplete, ...again] = calls as [string[], string[], ...string[][]];
      expect(again.flat().sort()).toEqual([...failed, incomplete.at(-1)].sort());
    });

    test('hold back nothing because of one that nobody can read', async () => {
      const ids = newIds(5);
      await enqueue(ids);
      await sql`update pgboss.job set data = '{}' where data ->> 'delivery_id' = ${ids[2]}`.execute(
        subject().database.kysely,
      );
      await work(async () => undefined);
      await eventually('the dead letter', async () => {
        const { data } = await engine().deadLetters.list({ limit: 10 });
        return data.length === 1;
      });
      await eventually('the others', async () => (await inQueue()).every(({ state }) => state === 'failed'));
      expect(batches[0]!.ids.sort()).toEqual(ids.filter((id) => id !== ids[2]).sort());
    });
  });
});

(hasPostgres ? test : test.skip)('what ends while the database is away is not done again', async () => {
  const cluster = await startPostgres();
  const { url } = await cluster.createDatabase();
  const name = new URL(url).pathname.slice(1);
  const database = openPostgres({ url, poolSize: 1 });
  const operator = openPostgres({ url: cluster.url, poolSize: 1 });
  const run = (statement: string) => sql.raw(statement).execute(operator.kysely);
  const engine = await PgBossJobEngine.start({ url });
  let runs = 0;
  await engine.work(jobs.deliver, {
    concurrency: 1,
    handle: async () => {
      runs++;
      // Nobody can log in any more, and who is in is thrown out.
      await run(`alter database ${name} allow_connections false`);
      await run(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    },
  });
  await database.transaction((transaction) =>
    engine.enqueue(transaction, jobs.deliver, [{ delivery_id: randomUUID() }]),
  );
  await eventually('the job', async () => runs === 1);
  await sleep(2_000);
  await run(`alter database ${name} allow_connections true`);
  await eventually('the ending to be recorded', async () => {
    const { rows } = await sql`select from pgboss.job`.execute(database.kysely);
    return rows.length === 0;
  });
  expect(runs).toBe(1);
  await engine.stop(0);
  await database.close();
  await operator.close();
  await cluster.stop();
});

(hasPostgres ? test : test.skip)(
  'a process that cannot renew its claims leaves its jobs before others take them',
  async () => {
    const cluster = await startPostgres();
    const { url } = await cluster.createDatabase();
    const name = new URL(url).pathname.slice(1);
    const database = openPostgres({ url, poolSize: 1 });
    const operator = openPostgres({ url: cluster.url, poolSize: 1 });
    const run = (statement: string) => sql.raw(statement).execute(operator.kysely);
    const engine = await PgBossJobEngine.start({ url });
    const stalls = monitorEventLoopDelay();
    let cutAt = 0;
    let left: { reason: unknown; afterMs: number } | undefined;
    await engine.work(jobs.deliver, {
      concurrency: 1,
      handle: async (_, { signal, attempt }) => {
        if (attempt > 1) return;
        await run(`alter database ${name} allow_connections false`);
        await run(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
        cutAt = Date.now();
        stalls.enable();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        // Less what the machine was too busy to let this process do anything.
        left = { reason: signal.reason, afterMs: Date.now() - cutAt - stalls.max / 1e6 };
        stalls.disable();
      },
    });
    await database.transaction((transaction) =>
      engine.enqueue(transaction, jobs.deliver, [{ delivery_id: randomUUID() }]),
    );
    const { reason, afterMs } = await eventually('the job to be left', async () => left, 20_000);
    expect(reason).toEqual(new Error('the claim on the job could not be renewed'));
    expect(afterMs).toBeLessThan(10_000);
    await run(`alter database ${name} allow_connections true`);
    await eventually('the second try', async () => {
      const { rows } = await sql`select from pgboss.job`.execute(database.kysely);
      return rows.length === 0;
    });
    await engine.stop(0);
    await database.close();
    await operator.close();
    await cluster.stop();
  },
  120_000,
);
