import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres, ToraleProcess, ToraleServices } from '@torale/testing';
import { spread, type Limits } from './limits.ts';
import { processorSeconds, serverOf } from './processor-time.ts';

const PASSES = 5;
const SETTLE_MS = 5_000;
const IDLE_SECONDS = 30;

/** How long standalone and a worker take to be ready, and what they do while there is nothing to do. */
export async function measureIdle(limits: Limits): Promise<void> {
  await standalone(limits);
  await worker(limits);
}

async function standalone(limits: Limits): Promise<void> {
  const fresh: number[] = [];
  const reopened: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    const folder = await mkdtemp(join(tmpdir(), 'torale-bench-'));
    const start = () => ToraleProcess.start('standalone', { TORALE_DATA_DIR: folder, LOG_LEVEL: 'warn' });
    const [first, firstSeconds] = await timed(start);
    fresh.push(firstSeconds);
    await first.stop();
    const [second, secondSeconds] = await timed(start);
    reopened.push(secondSeconds);
    if (pass === 0) limits.figure('idle standalone, % of one processor', await idleShare([second.pid]));
    await second.stop();
    await rm(folder, { recursive: true });
  }
  limits.figure('start of standalone, fresh, s', spread(fresh));
  limits.figure('start of standalone, reopened, s', spread(reopened));
}

async function worker(limits: Limits): Promise<void> {
  const cluster = await startPostgres();
  const fresh: number[] = [];
  const reopened: number[] = [];
  try {
    for (let pass = 0; pass < PASSES; pass++) {
      const database = await cluster.createDatabase();
      const services = await ToraleServices.prepare(database, { workers: 1 });
      const start = () => services.start(['worker-1']);
      fresh.push((await timed(start))[1]);
      await services.stop();
      reopened.push((await timed(start))[1]);
      if (pass === 0) {
        const shares = await idleShare([services.get('worker-1').pid, await serverOf(database.url)]);
        limits.figure('idle worker, and its Postgres, % of one processor', shares);
      }
      await services.stop();
    }
  } finally {
    await cluster.stop();
  }
  limits.figure('start of a worker, database without job engine, s', spread(fresh));
  limits.figure('start of a worker, reopened, s', spread(reopened));
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const begun = performance.now();
  return [await work(), (performance.now() - begun) / 1000];
}

/** Percent of one processor that each takes. */
async function idleShare(pids: number[]): Promise<string> {
  await sleep(SETTLE_MS);
  const before = await Promise.all(pids.map(processorSeconds));
  await sleep(IDLE_SECONDS * 1000);
  const after = await Promise.all(pids.map(processorSeconds));
  return after
    .map((seconds, index) => (((seconds - before[index]!) / IDLE_SECONDS) * 100).toFixed(1))
    .join(', ');
}
