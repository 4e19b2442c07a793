import type { Check, UserQueryWithSources } from '@torale/contracts';
import { ApiSession, eventually, FakeSite, freePort, productPage, ToraleProcess } from '@torale/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATIENCE_MS = 60_000;

describe('starting and stopping', () => {
  let dataDirectory: string;
  let site: FakeSite;
  const running: ToraleProcess[] = [];
  const environment = () => ({
    TORALE_DATA_DIR: dataDirectory,
    OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
    POLITENESS_SPACING_MS: '0',
    POLITENESS_CONCURRENCY: '1000',
    MIN_CHECK_INTERVAL_SECONDS: '1',
  });
  const start = async () => {
    const torale = await ToraleProcess.start('standalone', environment());
    running.push(torale);
    return torale;
  };

  /** That it has ended does not mean that all it wrote has been read. */
  const lastWords = (torale: ToraleProcess) =>
    eventually('its last words', async () => torale.output().endsWith('\n') && torale.output());

  beforeAll(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'torale-lifecycle-'));
    site = await FakeSite.start();
    await (await start()).stop();
  }, 120_000);

  afterAll(async () => {
    await Promise.all(running.map((torale) => torale.kill()));
    await site.close();
    await rm(dataDirectory, { recursive: true, force: true });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s ends it cleanly',
    async (signal) => {
      const torale = await start();
      expect(await torale.stop(signal)).toEqual({ code: 0, signal: null });
    },
    240_000,
  );

  test('says where to go', async () => {
    const torale = await start();
    await eventually('its address', async () => torale.output().includes(torale.url));
    await torale.stop();
  }, 240_000);

  test('a second one on the same data folder is refused with a clear message, also right after a kill', async () => {
    const first = await start();
    const second = ToraleProcess.launch('standalone', await freePort(), environment());
    expect(await second.ended()).toMatchObject({ code: 1 });
    expect((await lastWords(second)).trim().split('\n')).toEqual([
      expect.stringMatching(`${dataDirectory} is already used by another Torale .* set TORALE_DATA_DIR`),
    ]);
    expect((await fetch(`${first.url}/health/ready`)).status).toBe(200);
    await first.kill();
    await (await start()).stop();
  }, 240_000);

  test('a port that is taken is named, and the data folder is free again', async () => {
    const first = await start();
    const second = ToraleProcess.launch('standalone', first.port, {
      ...environment(),
      TORALE_DATA_DIR: join(dataDirectory, 'second'),
    });
    expect(await second.ended()).toMatchObject({ code: 1 });
    expect(await lastWords(second)).toContain(`Port ${first.port} of 127.0.0.1 is already in use`);
    await first.stop();
  }, 240_000);

  test('a wrong configuration is refused with every problem at once', async () => {
    const torale = ToraleProcess.launch('standalone', await freePort(), {
      ...environment(),
      OUTBOUND_ALLOW_CIDRS: 'everything',
      CHECK_CONCURRENCY: 'many',
    });
    expect(await torale.ended()).toMatchObject({ code: 1 });
    const words = await lastWords(torale);
    expect(words).toContain('OUTBOUND_ALLOW_CIDRS');
    expect(words).toContain('CHECK_CONCURRENCY');
  }, 240_000);

  test('what became due while it was down is checked when it is back, and sessions still hold', async () => {
    const first = await start();
    const user = await ApiSession.signUp(first.url, 'ada@example.com');
    site.set('/', { headers: { 'content-type': 'text/html' }, body: productPage({ price: 549 }) });
    const query = await user.expect<UserQueryWithSources>('POST', '/user-queries', {
      raw_query: `Tell me when the price at ${site.url}/ drops below $500`,
      check_interval_seconds: 1,
    });
    const checks = `/monitored-sources/${query.sources[0]!.id}/checks`;
    await eventually(
      'the baseline',
      async () => (await user.all<Check>(checks)).some((check) => check.verdict === 'baseline'),
      PATIENCE_MS,
    );
    await first.stop();
    site.set('/', { headers: { 'content-type': 'text/html' }, body: productPage({ price: 499 }) });

    const second = await ToraleProcess.start('standalone', environment(), first.port);
    running.push(second);
    await eventually('the alert', async () => (await user.all('/alerts')).length === 1, PATIENCE_MS);
    await second.stop();
  }, 240_000);
});
