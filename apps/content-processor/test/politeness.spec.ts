import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { outboundHttpConfig } from '@torale/outbound-http';
import { createTestDatabase, eventually, type TestDatabase } from '@torale/testing';
import { contentProcessorConfig } from '../src/content-processor.config.ts';
import { HostTurnsRepository } from '../src/politeness/host-turns.repository.ts';
import { HostBusyError, Politeness, type SiteAnswer } from '../src/politeness/politeness.ts';

let database: TestDatabase;
let turns: HostTurnsRepository;
/** A host that nobody has asked yet. */
let host: string;

beforeAll(async () => {
  database = await createTestDatabase();
  turns = new HostTurnsRepository(database.database);
});
afterAll(() => database.close());
beforeEach(() => {
  host = `${randomUUID()}.example`;
});

/** One process. */
const politeness = (environment: Record<string, string> = {}) =>
  new Politeness(
    turns,
    contentProcessorConfig.schema.parse({
      POLITENESS_SPACING_MS: '100',
      POLITENESS_MAX_WAIT_MS: '20000',
      ...environment,
    }),
    outboundHttpConfig.schema.parse({}),
  );
const ok: SiteAnswer = { status: 200, headers: {} };
const newcomer = { delayMs: 0, hasQueued: false };
const returning = { delayMs: 0, hasQueued: true };
const refusal = (error: unknown) => {
  expect(error).toBeInstanceOf(HostBusyError);
  return (error as HostBusyError).retryAt.getTime() - Date.now();
};
/** Some time has passed since the wait was said. */
const secondsNear = (waitMs: number) => Math.round(waitMs / 10_000) * 10;

test('requests of several processes follow each other, the spacing apart', async () => {
  const processes = [politeness(), politeness(), politeness()];
  const spans: [number, number][] = [];
  await Promise.all(
    Array.from({ length: 9 }, (_, i) =>
      processes[i % 3]!.inTurn(host, returning, async () => {
        const start = performance.now();
        await sleep(20);
        spans.push([start, performance.now()]);
        return ok;
      }),
    ),
  );
  expect(spans).toHaveLength(9);
  for (const [i, [start]] of spans.entries()) {
    if (i > 0) expect(start - spans[i - 1]![1]).toBeGreaterThanOrEqual(99);
  }
});

test('as many at the same time as are allowed, and other hosts are not waited for', async () => {
  let running = 0;
  let most = 0;
  const two = politeness({ POLITENESS_SPACING_MS: '0', POLITENESS_CONCURRENCY: '2' });
  await Promise.all(
    Array.from({ length: 6 }, () =>
      two.inTurn(host, returning, async () => {
        most = Math.max(most, ++running);
        await politeness().inTurn(`other.${host}.${running}.${Math.random()}`, newcomer, async () => ok);
        await sleep(30);
        running--;
        return ok;
      }),
    ),
  );
  expect(most).toBe(2);
});

test('who would wait for long is told when to come back, each at another time', async () => {
  const impatient = politeness({ POLITENESS_SPACING_MS: '20000', POLITENESS_MAX_WAIT_MS: '100' });
  await impatient.inTurn(host, newcomer, async () => ok);
  const waits: number[] = [];
  for (let i = 0; i < 4; i++) {
    waits.push(
      refusal(await impatient.inTurn(host, newcomer, async () => ok).catch((error: unknown) => error)),
    );
  }
  for (const [i, wait] of waits.entries()) {
    expect(wait).toBeGreaterThan((i + 1) * 20_000);
    expect(wait).toBeLessThan((i + 2) * 20_000 + 100);
  }
});

test('who has queued goes before who has not', async () => {
  const patient = politeness();
  await patient.inTurn(host, newcomer, async () => ok);
  await turns.queue(host, 20_000);
  const newcomerWaits = await patient.inTurn(host, newcomer, async () => ok).catch((error: unknown) => error);
  expect(refusal(newcomerWaits)).toBeGreaterThan(10_000);
  await expect(patient.inTurn(host, returning, async () => ok)).resolves.toBe(ok);
});

test.each([429, 503])('Retry-After with status %i is for everybody', async (status) => {
  const answer = { status, headers: { 'retry-after': '1' } };
  await politeness().inTurn(host, newcomer, async () => answer);
  const refusedAt = performance.now();
  await politeness().inTurn(host, returning, async () => ok);
  expect(performance.now() - refusedAt).toBeGreaterThanOrEqual(990);
});

test('a host that refuses without saying for how long is left alone for twice as long each time, an hour at most', async () => {
  const base = politeness({
    POLITENESS_MAX_WAIT_MS: '0',
    POLITENESS_BACK_OFF_MS: '30000',
    POLITENESS_SPACING_MS: '0',
  });
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    await base.inTurn(host, returning, async () => ({ status: 503, headers: {} }));
    waits.push(refusal(await base.inTurn(host, returning, async () => ok).catch((error: unknown) => error)));
    await forgetPause();
  }
  expect(waits.map(secondsNear)).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
  // A good answer ends it.
  await base.inTurn(host, returning, async () => ok);
  await base.inTurn(host, returning, async () => ({ status: 503, headers: {} }));
  const wait = refusal(await base.inTurn(host, returning, async () => ok).catch((error: unknown) => error));
  expect(secondsNear(wait)).toBe(30);
});

test('no site can send Torale away for more than an hour', async () => {
  const impatient = politeness({ POLITENESS_MAX_WAIT_MS: '0' });
  await impatient.inTurn(host, newcomer, async () => ({
    status: 429,
    headers: { 'retry-after': '9999999999' },
  }));
  const wait = refusal(
    await impatient.inTurn(host, returning, async () => ok).catch((error: unknown) => error),
  );
  expect(secondsNear(wait)).toBe(3600);
});

test('a request that fails ends its turn, and says nothing about the host', async () => {
  const one = politeness();
  await expect(one.inTurn(host, newcomer, () => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
  await expect(one.inTurn(host, newcomer, async () => ok)).resolves.toBe(ok);
});

test('the turn of a process that died lapses', async () => {
  const lease = { leaseMs: 2000, spacingMs: 0, concurrency: 1, hasQueued: true };
  expect(await turns.take(host, randomUUID(), lease)).toBe(0);
  expect(await turns.take(host, randomUUID(), lease)).not.toBe(0);
  await eventually('the end of its turn', async () => (await turns.take(host, randomUUID(), lease)) === 0);
});

/** As if it had passed. */
async function forgetPause(): Promise<void> {
  await database.database.kysely
    .updateTable('outbound_hosts')
    .set({ free_at: new Date(0), queue_at: new Date(0) })
    .where('host', '=', host)
    .execute();
}
