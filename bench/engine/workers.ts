import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres, type Database } from '@torale/database';
import {
  eventually,
  insertSource,
  insertUserQuery,
  SlowSite,
  startPostgres,
  ToraleServices,
} from '@torale/testing';
import { sql } from 'kysely';
import { median, spread, type Limits } from './limits.ts';

const WORKERS = 3;
/** Checks that each worker makes at the same time: few, so that what counts is how many there are, not the processor. */
const CONCURRENCY = 4;
const SOURCES = 240;
const PASSES = 3;
const TAKE_OVERS = 3;
const TAKE_OVER_LIMIT = 30;

/** What two and three workers on one Postgres get done beside one, and what becomes of the work of one that dies. */
export async function measureWorkers(limits: Limits): Promise<void> {
  const [cluster, site] = await Promise.all([startPostgres(), SlowSite.start()]);
  const database = openPostgres({ url: cluster.url, poolSize: 2 });
  const services = await ToraleServices.prepare(cluster, {
    workers: WORKERS,
    environment: { CHECK_CONCURRENCY: String(CONCURRENCY) },
  });
  try {
    await services.start(['content-processor', 'change-detector', 'notifications', 'worker-1']);
    await watch(
      database,
      Array.from({ length: SOURCES }, (_, page) => site.add(`/slow/${page}`, () => 50 + ((page * 37) % 150))),
    );
    // Baselines, which are judged.
    await checkAll(database);
    let one = 0;
    for (let workers = 1; workers <= WORKERS; workers++) {
      if (workers > 1) await services.start([`worker-${workers}`]);
      const rates: number[] = [];
      for (let pass = 0; pass < PASSES; pass++) rates.push(SOURCES / (await checkAll(database)));
      limits.figure(
        `${workers} workers with ${CONCURRENCY} checks at a time each, checks per second`,
        spread(rates, 1),
      );
      if (workers === 1) one = median(rates);
      else limits.figure(`${workers} workers beside one`, `${(median(rates) / one).toFixed(2)} times`);
    }
    limits.atMost('pages asked for twice at once', site.overlaps.length, 0);

    const gaps: number[] = [];
    for (let time = 0; time < TAKE_OVERS; time++) {
      gaps.push(await takeOver(database, site, services, `/held-${time}`));
      await services.start(['worker-1']);
    }
    limits.atMost(
      'until the work of a killed worker is done, the longest',
      Math.max(...gaps),
      TAKE_OVER_LIMIT,
      ' s',
    );
  } finally {
    await services.stop('SIGKILL');
    await database.close();
    await site.close();
    await cluster.stop();
  }
}

/** Sources, each of a user of its own, that are due once only; their ids. */
async function watch(database: Database, urls: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const url of urls) {
    const query = await insertUserQuery(database, { check_interval_seconds: 86_400 });
    ids.push((await insertSource(database, { user_query_id: query.id, url })).id);
  }
  return ids;
}

/** Seconds that it takes to check every source once, from the first check to the last. */
async function checkAll(database: Database): Promise<number> {
  await sql`truncate check_runs cascade`.execute(database.kysely);
  await sql`update monitored_sources set next_check_at = now()`.execute(database.kysely);
  await finished(database);
  const { rows } = await sql<{ seconds: number }>`
    select extract(epoch from max(finished_at) - min(started_at))::float8 as seconds from check_runs
  `.execute(database.kysely);
  return rows[0]!.seconds;
}

async function finished(database: Database): Promise<void> {
  await eventually(
    'every check',
    async () => {
      const { rows } = await sql<{ left: number }>`
        select count(*)::int as left from monitored_sources source where not exists (
          select from check_runs run where run.source_id = source.id and run.status = 'succeeded')
      `.execute(database.kysely);
      return rows[0]!.left === 0;
    },
    120_000,
  );
}

/** Kills a worker that has its hands full; seconds until the last of what was in hand anywhere is done. */
async function takeOver(
  database: Database,
  site: SlowSite,
  services: ToraleServices,
  path: string,
): Promise<number> {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const urls = Array.from({ length: 10 * WORKERS * CONCURRENCY }, (_, page) =>
    site.add(`${path}/${page}`, () => held),
  );
  await watch(database, urls);
  await eventually('every worker to have its hands full', async () => {
    const before = site.busy;
    await sleep(1_500);
    return before > 0 && site.busy === before;
  });
  await services.get('worker-1').stop('SIGKILL');
  const killedAt = new Date();
  release();
  await finished(database);
  const { rows } = await sql<{ seconds: number }>`
    select extract(epoch from max(finished_at) - ${killedAt.toISOString()}::timestamptz)::float8 as seconds
    from check_runs where started_at < ${killedAt.toISOString()}
  `.execute(database.kysely);
  return rows[0]!.seconds;
}
