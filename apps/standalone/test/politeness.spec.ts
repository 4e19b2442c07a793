import { randomBytes } from 'node:crypto';
import { openPostgres, type Database } from '@torale/database';
import {
  eventually,
  FakeSite,
  hasPostgres,
  insertSource,
  insertUserQuery,
  productPage,
  startPostgres,
  ToraleProcess,
  type AppName,
  type FakeSiteResponse,
} from '@torale/testing';

/** `POLITENESS_TEST_SPACING_MS=1000` runs the real thing: four to five minutes. */
const SPACING_MS = Number(process.env['POLITENESS_TEST_SPACING_MS'] ?? 100);
const SOURCES = 200;
/** The request that is told to come back later, and when. */
const REFUSED = 40;
const RETRY_AFTER_SECONDS = 5;
const TIMEOUT_MS = SOURCES * (SPACING_MS * 2 + 200) + 60_000;

interface Arrival {
  at: number;
  path: string;
  /** Which content processor sent it. */
  from: string;
}

(hasPostgres ? describe : describe.skip)(
  `${SOURCES} sources of one host, ${SPACING_MS} ms apart, two workers with a content processor each`,
  () => {
    let postgres: Awaited<ReturnType<typeof startPostgres>>;
    let database: Database;
    let site: FakeSite;
    const running: ToraleProcess[] = [];
    const arrivals: Arrival[] = [];

    const serve = (path: string, status = 404) =>
      site.set(path, ({ headers }): FakeSiteResponse => {
        arrivals.push({ at: performance.now(), path, from: headers['user-agent']! });
        if (arrivals.length === REFUSED) {
          return { status: 429, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } };
        }
        return { status, headers: { 'content-type': 'text/html' }, body: productPage({ price: 549 }) };
      });

    beforeAll(async () => {
      [postgres, site] = await Promise.all([startPostgres(), FakeSite.start()]);
      database = openPostgres({ url: postgres.url, poolSize: 2 });
      serve('/robots.txt');
      const common = {
        DATABASE_URL: postgres.url,
        SERVICE_TOKEN_SECRET: randomBytes(32).toString('hex'),
        SECRETS_KEY: randomBytes(32).toString('base64'),
        OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
        POLITENESS_SPACING_MS: String(SPACING_MS),
        LOG_LEVEL: 'warn',
      };
      const start = async (app: AppName, environment: Record<string, string>) => {
        const process = await ToraleProcess.start(app, { ...common, ...environment });
        running.push(process);
        return process.url;
      };
      const changeDetector = await start('change-detector', {});
      const processors = await Promise.all(
        ['first', 'second'].map((name) => start('content-processor', { OUTBOUND_USER_AGENT: name })),
      );
      await Promise.all(
        processors.map((url) =>
          start('worker', {
            CONTENT_PROCESSOR_URL: url,
            CHANGE_DETECTOR_URL: changeDetector,
            NOTIFICATION_SERVICE_URL: 'http://127.0.0.1:9',
          }),
        ),
      );

      // Not before both workers are there: else the first may make most of the checks by itself.
      const query = await insertUserQuery(database, { check_interval_seconds: 86_400 });
      for (let i = 0; i < SOURCES; i++) {
        serve(`/${i}`, 200);
        await insertSource(database, { user_query_id: query.id, url: `${site.url}/${i}` });
      }
    }, 180_000);

    afterAll(async () => {
      await Promise.all(running.map((process) => process.stop()));
      await database?.close();
      await site?.close();
      await postgres?.stop();
    }, 60_000);

    test(
      'never two requests closer than the spacing, and the one Retry-After is obeyed by both',
      async () => {
        await eventually(
          'the end of every check',
          async () => {
            const { count } = await database.kysely
              .selectFrom('check_runs')
              .select(({ fn }) => fn.countAll<number>().as('count'))
              .where('finished_at', 'is not', null)
              .executeTakeFirstOrThrow();
            return count === SOURCES;
          },
          TIMEOUT_MS,
        );

        const gaps = arrivals.slice(1).map(({ at }, i) => at - arrivals[i]!.at);
        const [pause] = gaps.splice(REFUSED - 1, 1) as [number];
        console.log(
          `${arrivals.length} requests in ${Math.round((arrivals.at(-1)!.at - arrivals[0]!.at) / 1000)} s; ` +
            `gap min ${Math.min(...gaps).toFixed(1)} ms, median ${gaps.toSorted((a, b) => a - b)[gaps.length >> 1]!.toFixed(1)} ms, ` +
            `max ${Math.max(...gaps).toFixed(0)} ms; after the 429: ${pause.toFixed(0)} ms; ` +
            ['first', 'second']
              .map((name) => `${name} ${arrivals.filter(({ from }) => from === name).length}`)
              .join(', '),
        );
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(SPACING_MS);
        expect(pause).toBeGreaterThanOrEqual(RETRY_AFTER_SECONDS * 1000);
        for (const half of [arrivals.slice(0, REFUSED), arrivals.slice(REFUSED)]) {
          expect(new Set(half.map(({ from }) => from))).toEqual(new Set(['first', 'second']));
        }
        // Each page once; the file at most once by each processor.
        const pages = arrivals.filter(({ path }) => path !== '/robots.txt').map(({ path }) => path);
        expect(new Set(pages).size).toBe(SOURCES);
        expect(pages).toHaveLength(SOURCES);
        expect(arrivals.length - pages.length).toBeLessThanOrEqual(2);
        const outcomes = await database.kysely
          .selectFrom('check_runs')
          .select(['outcome', 'verdict', ({ fn }) => fn.countAll<number>().as('count')])
          .groupBy(['outcome', 'verdict'])
          .execute();
        expect(outcomes).toEqual(
          expect.arrayContaining([
            { outcome: 'ok', verdict: 'baseline', count: SOURCES - 1 },
            { outcome: 'blocked', verdict: null, count: 1 },
          ]),
        );
      },
      TIMEOUT_MS,
    );
  },
);
