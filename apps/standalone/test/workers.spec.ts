import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres, type Database } from '@torale/database';
import {
  eventually,
  hasPostgres,
  insertSource,
  insertUserQuery,
  SlowSite,
  startPostgres,
  ToraleServices,
} from '@torale/testing';
import { sql } from 'kysely';

const WORKERS = ['worker-1', 'worker-2', 'worker-3'];
/** More than the workers have places for. */
const PAGES = 60;
/** How long the workers contend for them, milliseconds at least. */
const CONTENTION_MS = 12_000;
const TAKEN_OVER_WITHIN_MS = 30_000;
const PATIENCE_MS = 60_000;

(hasPostgres ? describe : describe.skip)('three workers on one Postgres', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let database: Database;
  let site: SlowSite;
  let services: ToraleServices;

  beforeAll(async () => {
    [postgres, site] = await Promise.all([startPostgres(), SlowSite.start()]);
    database = openPostgres({ url: postgres.url, poolSize: 2 });
    services = await ToraleServices.prepare(postgres, { workers: WORKERS.length });
    await services.start(['content-processor', 'change-detector', 'notifications', ...WORKERS]);
  }, 120_000);

  afterAll(async () => {
    await services?.stop('SIGKILL');
    await database?.close();
    await site?.close();
    await postgres?.stop();
  }, 60_000);

  /** Sources that are due, each of a user of its own; their ids. */
  async function watch(pages: string[], intervalSeconds: number): Promise<string[]> {
    const ids: string[] = [];
    for (const url of pages) {
      const query = await insertUserQuery(database, {
        raw_query: 'Tell me when the price drops',
        check_interval_seconds: intervalSeconds,
      });
      ids.push((await insertSource(database, { user_query_id: query.id, url })).id);
    }
    return ids;
  }

  const pause = () => sql`update user_queries set status = 'paused'`.execute(database.kysely);
  const unfinished = async () =>
    (await sql`select from check_runs where status in ('queued', 'running')`.execute(database.kysely)).rows
      .length;
  const running = async () =>
    (await sql`select from check_runs where status = 'running'`.execute(database.kysely)).rows.length;

  test('a source is never checked twice at once', async () => {
    const pages = Array.from({ length: PAGES }, (_, page) =>
      site.add(`/contended/${page}`, () => 50 + ((page * 37) % 150)),
    );
    await watch(pages, 1);
    await sleep(CONTENTION_MS);
    // Else they have not contended.
    await eventually('enough checks', async () => site.answered > 2 * PAGES, PATIENCE_MS);
    await pause();
    await eventually('the last checks', async () => (await unfinished()) === 0, PATIENCE_MS);

    const { rows: checks } = await sql<{ checks: number; sources: number; together: number }>`
      with run as (
        select source_id, started_at, finished_at,
          lead(started_at) over (partition by source_id order by started_at) as next_started_at
        from check_runs where status = 'succeeded'
      )
      select count(*)::int as checks, count(distinct source_id)::int as sources,
        count(*) filter (where next_started_at < finished_at)::int as together
      from run
    `.execute(database.kysely);
    expect(site.overlaps).toEqual([]);
    expect(checks[0]).toMatchObject({ sources: PAGES, together: 0 });
    expect(checks[0]!.checks).toBeGreaterThan(2 * PAGES);
  }, 240_000);

  test('what a worker had in hand when it was killed is taken over within 30 s', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const pages = Array.from({ length: PAGES }, (_, page) => site.add(`/held/${page}`, () => held));
    const ids = await watch(pages, 86_400);
    // Each worker holds as many as it has places for.
    await eventually(
      'every worker to have its hands full',
      async () => {
        const before = site.busy;
        await sleep(1_500);
        return before > 0 && site.busy === before && (await running()) === before;
      },
      PATIENCE_MS,
    );
    const inHand = site.busy;
    await services.get('worker-1').stop('SIGKILL');
    const killedAt = Date.now();
    release();

    const finished = async () =>
      (
        await sql<{ finished_at: string; started_at: string }>`
          select started_at, finished_at from check_runs
          where source_id = any(${ids}) and status = 'succeeded'
        `.execute(database.kysely)
      ).rows;
    await eventually('every check', async () => (await finished()).length === PAGES, PATIENCE_MS);
    const gaps = (await finished())
      .filter(({ started_at }) => Date.parse(started_at) < killedAt)
      .map(({ finished_at }) => Date.parse(finished_at) - killedAt);
    expect(gaps).toHaveLength(inHand);
    expect(Math.max(...gaps)).toBeLessThan(TAKEN_OVER_WITHIN_MS);
    // Its own could only end once its claims on them were void.
    expect(gaps.filter((gap) => gap > 5_000).length).toBeGreaterThan(0);
    expect(site.overlaps).toEqual([]);
  }, 240_000);
});
