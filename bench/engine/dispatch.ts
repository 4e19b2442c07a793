import { openPostgres } from '@torale/database';
import { PgBossJobEngine } from '@torale/job-engine';
import { startPostgres, type PostgresCluster } from '@torale/testing';
import { workerConfig } from '@torale/worker';
import pg from 'pg';
import { DispatchRepository } from '../../apps/worker/dist/checks/dispatch.repository.js';
import { median, spread, type Limits } from './limits.ts';

const SIZES = [1_000, 100_000, 1_000_000];
const SOURCES_PER_USER = 5;
const DUE = 1_000;
const PASSES = 21;
const LIMIT = 1.3;
/** Users inserted by one statement. */
const BATCH = 20_000;

interface Population {
  size: number;
  client: pg.Client;
  dispatcher: DispatchRepository;
  close(): Promise<void>;
}

/**
 * What it costs to claim a due source and to say when it is due next, with so many others that are not due: 1,000 due
 * sources of 200 users at each size. The sizes take turns, so that what else the machine does falls on all of them.
 */
export async function measureDispatch(limits: Limits): Promise<void> {
  const cluster = await startPostgres({ shared_buffers: '1GB', max_wal_size: '8GB', autovacuum: 'off' });
  const populations: Population[] = [];
  try {
    for (const size of SIZES) {
      const begun = performance.now();
      populations.push(await populate(cluster, size));
      console.log(`${size} sources inserted in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    }
    await compare('', populations, limits);
    for (const population of populations) await addPaused(population);
    await compare(', and as many of paused queries', populations, limits);
  } finally {
    for (const population of populations) await population.close();
    await cluster.stop();
  }
}

async function compare(what: string, populations: Population[], limits: Limits): Promise<void> {
  const costs = new Map<number, number[]>(populations.map(({ size }) => [size, []]));
  for (let pass = -1; pass < PASSES; pass++) {
    for (const population of populations) {
      const cost = await dispatchDue(population);
      // The first pass of each warms it up.
      if (pass >= 0) costs.get(population.size)!.push(cost);
    }
  }
  for (const [size, own] of costs)
    limits.figure(`dispatch of 1,000 due among ${size}${what}, ms per source`, spread(own, 3));
  const [least, ...larger] = SIZES as [number, ...number[]];
  for (const size of larger) {
    limits.atMost(
      `ratio of ${size} to ${least}${what}`,
      median(costs.get(size)!) / median(costs.get(least)!),
      LIMIT,
    );
  }
}

/** Milliseconds that the dispatcher took for each source that was due. */
async function dispatchDue({ client, dispatcher }: Population): Promise<number> {
  await client.query(
    `update monitored_sources set next_check_at = now() - interval '1 second'
     where not parked and user_id in (
       select user_id from (select distinct user_id from monitored_sources) users order by random() limit $1)`,
    [DUE / SOURCES_PER_USER],
  );
  let milliseconds = 0;
  let claimed = 0;
  for (let isWaiting = true; isWaiting;) {
    const begun = performance.now();
    const { handed_over, is_waiting } = await dispatcher.dispatch();
    milliseconds += performance.now() - begun;
    claimed += handed_over;
    isWaiting = is_waiting;
    // As if they had been made: the dispatcher keeps the job engine's backlog short.
    await client.query(
      `update check_runs set status = 'succeeded', finished_at = now() where status = 'queued'`,
    );
  }
  if (claimed !== DUE) throw new Error(`${claimed} checks were handed over, not ${DUE}`);
  return milliseconds / DUE;
}

async function populate(cluster: PostgresCluster, size: number): Promise<Population> {
  const { url } = await cluster.createDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // None of them due within the next hour.
  for (let first = 0; first < size / SOURCES_PER_USER; first += BATCH) {
    await client.query(
      `with person as (
         insert into auth.users (id, email, email_confirmed_at)
         select gen_random_uuid(), 'user-' || number || '@example.com', now()
         from generate_series($1::int, $2::int) number
         returning id
       ), query as (
         insert into user_queries (user_id, raw_query) select id, 'Tell me when the price drops' from person
         returning id, user_id
       )
       insert into monitored_sources (user_id, user_query_id, url, next_check_at)
       select user_id, query.id, 'https://example.com/' || number,
         now() + interval '1 hour' + random() * interval '1 day'
       from query, generate_series(1, $3::int) number`,
      [first, Math.min(first + BATCH, size / SOURCES_PER_USER) - 1, SOURCES_PER_USER],
    );
  }
  await client.query('vacuum analyze');
  const database = openPostgres({ url, poolSize: 2 });
  const engine = await PgBossJobEngine.startSender({ url });
  const config = workerConfig.schema.parse({ CHECK_CONCURRENCY: '200' });
  return {
    size,
    client,
    dispatcher: new DispatchRepository(database, engine, config),
    async close() {
      await engine.stop(0);
      await database.close();
      await client.end();
    },
  };
}

/** Gives every user a paused query with sources that would be due, as many as there are others. */
async function addPaused({ client, size }: Population): Promise<void> {
  const { rowCount } = await client.query(
    `with query as (
       insert into user_queries (user_id, raw_query, status)
       select id, 'Tell me when it is back', 'paused' from auth.users
       returning id, user_id
     )
     insert into monitored_sources (user_id, user_query_id, url, next_check_at, parked)
     select user_id, query.id, 'https://example.com/' || number, now() - interval '1 day', true
     from query, generate_series(1, $1::int) number`,
    [SOURCES_PER_USER],
  );
  if (rowCount !== size) throw new Error(`${rowCount} sources are paused, not ${size}`);
  await client.query('vacuum analyze');
}
