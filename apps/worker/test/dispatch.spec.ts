import type { JobEngine } from '@torale/job-engine';
import {
  createUser,
  insertCheckRun,
  insertSource as insertSourceRow,
  insertUserQuery,
} from '@torale/testing';
import { sql } from 'kysely';
import { DispatchRepository } from '../src/checks/dispatch.repository.ts';
import { workerConfig } from '../src/worker.config.ts';
import { onBothDatabases } from './both-databases.ts';

const CONCURRENCY = 2;
/** What the job engine may hold while nothing runs. */
const ROOM = 8;

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);
const ahead = (seconds: number) => ago(-seconds);

onBothDatabases('the dispatch of checks', (opened) => {
  const database = () => opened().database;
  const dispatches = (engine: JobEngine = opened().engine) => {
    const config = workerConfig.schema.parse({ CHECK_CONCURRENCY: CONCURRENCY });
    return new DispatchRepository(database(), engine, config);
  };
  const insertSource = (overrides: Parameters<typeof insertSourceRow>[1] = {}) =>
    insertSourceRow(database(), overrides);

  afterEach(async () => {
    await sql`delete from auth.users`.execute(database().kysely);
    await sql`delete from pgboss.job`.execute(database().kysely);
  });

  const checks = async () =>
    database().kysely.selectFrom('check_runs').selectAll().orderBy('queued_at').execute();
  const handedOver = async () =>
    (await checks()).filter(({ enqueued_at }) => enqueued_at !== null).map(({ source_id }) => source_id);
  const source = async (id: string) =>
    database()
      .kysely.selectFrom('monitored_sources')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
  /** As if every check that was handed over had been made. */
  const finishAll = () =>
    database()
      .kysely.updateTable('check_runs')
      .set({ status: 'succeeded' })
      .where('enqueued_at', 'is not', null)
      .execute();
  /** Those that are begun before all others, as they were handed over. */
  async function urgent(): Promise<string[]> {
    const { rows } = await sql<{ source_id: string }>`
      select data ->> 'source_id' as source_id from pgboss.job where priority > 0 order by created_on`.execute(
      database().kysely,
    );
    return rows.map(({ source_id }) => source_id);
  }
  const sources = (count: number, overrides: Parameters<typeof insertSourceRow>[1]) =>
    Promise.all(Array.from({ length: count }, () => insertSource(overrides)));
  async function query(overrides: Parameters<typeof insertUserQuery>[1] = {}) {
    return (await insertUserQuery(database(), overrides)).id;
  }

  test('checks what is due once, with one job, and says when it is due again', async () => {
    const due = await insertSource({ next_check_at: ago(10) });
    const later = await insertSource({ next_check_at: ahead(60) });
    expect(await dispatches().dispatch()).toEqual({ handed_over: 1, is_waiting: false });
    expect(await dispatches().dispatch()).toEqual({ handed_over: 0, is_waiting: false });
    const [check, ...more] = await checks();
    expect(more).toEqual([]);
    expect(check).toMatchObject({ source_id: due.id, trigger: 'schedule', status: 'queued' });
    const { rows } = await sql<{ data: unknown }>`select data from pgboss.job`.execute(database().kysely);
    expect(rows).toEqual([{ data: { check_id: check!.id, source_id: due.id } }]);
    expect(Date.parse((await source(due.id)).next_check_at)).toBe(Date.parse(due.next_check_at) + 3_600_000);
    expect((await source(later.id)).next_check_at).toBe(later.next_check_at);
  });

  test('a source that was due for days is checked once, and then as it was planned', async () => {
    const due = await insertSource({ next_check_at: ago(3 * 86_400 + 600) });
    await dispatches().dispatch();
    await finishAll();
    await dispatches().dispatch();
    expect(await handedOver()).toEqual([due.id]);
    const wait = Date.parse((await source(due.id)).next_check_at) - Date.now();
    expect(wait / 1000).toBeGreaterThan(2_990);
    expect(wait / 1000).toBeLessThanOrEqual(3_000);
  });

  test('what cannot be enqueued stays due', async () => {
    const due = await insertSource({ next_check_at: ago(10) });
    const waiting = await insertCheckRun(database(), { trigger: 'initial' });
    await sql`update monitored_sources set next_check_at = now() + interval '1 hour' where id = ${waiting.source_id}`.execute(
      database().kysely,
    );
    const broken: JobEngine = Object.create(opened().engine, {
      enqueue: { value: () => Promise.reject(new Error('the engine is away')) },
    });
    await expect(dispatches(broken).dispatch()).rejects.toThrow('the engine is away');
    expect(await handedOver()).toEqual([]);
    expect((await source(due.id)).next_check_at).toBe(due.next_check_at);
    expect(await dispatches().dispatch()).toEqual({ handed_over: 2, is_waiting: false });
  });

  test('a source whose check is under way gets no second one', async () => {
    const due = await insertSource({ next_check_at: ago(10) });
    await insertCheckRun(database(), { source_id: due.id, status: 'running', enqueued_at: ago(20) });
    await dispatches().dispatch();
    expect(await checks()).toHaveLength(1);
    expect(Date.parse((await source(due.id)).next_check_at)).toBeGreaterThan(Date.now());
  });

  describe('fairness', () => {
    test('no more is handed over than will soon be begun', async () => {
      await sources(30, { user_query_id: await query(), next_check_at: ago(10) });
      expect(await dispatches().dispatch()).toEqual({ handed_over: ROOM, is_waiting: true });
      expect(await dispatches().dispatch()).toEqual({ handed_over: 0, is_waiting: true });
      await sql`update check_runs set status = 'running'`.execute(database().kysely);
      expect(await dispatches().dispatch()).toEqual({ handed_over: 2 * ROOM, is_waiting: true });
      await finishAll();
      expect(await dispatches().dispatch()).toEqual({ handed_over: 6, is_waiting: false });
    });

    test('of each user the oldest are taken first', async () => {
      const user_query_id = await query();
      const ages = [5, 50, 20, 40, 10, 60, 30, 70, 15, 25];
      const made = await Promise.all(
        ages.map(async (age) => ({
          age,
          id: (await insertSource({ user_query_id, next_check_at: ago(age) })).id,
        })),
      );
      await dispatches().dispatch();
      const handed = await handedOver();
      expect(
        made
          .filter(({ id }) => !handed.includes(id))
          .map(({ age }) => age)
          .sort(),
      ).toEqual([10, 5]);
    });

    test('a backlog is in nobody’s way', async () => {
      const backlog = await query();
      await sources(30, { user_query_id: backlog, next_check_at: ago(86_400) });
      await dispatches().dispatch();
      const mine = await insertSource({ next_check_at: ago(1) });
      const yours = await insertSource({ next_check_at: ago(1) });
      await finishAll();
      expect(await dispatches().dispatch()).toEqual({ handed_over: ROOM, is_waiting: true });
      expect(await handedOver()).toEqual(expect.arrayContaining([mine.id, yours.id]));
    });

    test('turns go round, and what nobody else needs is shared', async () => {
      const users = await Promise.all(Array.from({ length: ROOM + 2 }, () => createUser(database())));
      const queries = await Promise.all(users.map(({ id }) => query({ user_id: id })));
      for (const user_query_id of queries) await sources(2, { user_query_id, next_check_at: ago(10) });
      const served = async () =>
        new Set((await checks()).filter(({ status }) => status === 'queued').map(({ user_id }) => user_id))
          .size;
      await dispatches().dispatch();
      expect(await served()).toBe(ROOM);
      await finishAll();
      await dispatches().dispatch();
      const { rows } = await sql<{ served: number }>`
        select count(distinct user_id)::int as served from check_runs`.execute(database().kysely);
      expect(rows[0]!.served).toBe(ROOM + 2);
      await finishAll();
      expect(await dispatches().dispatch()).toEqual({ handed_over: 4, is_waiting: false });
    });

    test('a check that somebody waits for goes to the head of the line', async () => {
      for (let user = 0; user < 2 * ROOM; user++) await insertSource({ next_check_at: ago(1_000) });
      const asked = await insertSource({ next_check_at: ahead(1_000) });
      await insertCheckRun(database(), { source_id: asked.id, trigger: 'manual' });
      await dispatches().dispatch();
      expect(await handedOver()).toContain(asked.id);
      expect(await urgent()).toEqual([asked.id]);
    });

    test('who asks for many checks has one begun before those of others, and the next when it has ended', async () => {
      const user_query_id = await query();
      const asked = await sources(4, { user_query_id, next_check_at: ahead(1_000) });
      const ask = ({ id }: { id: string }, not_before = ago(1)) =>
        insertCheckRun(database(), { source_id: id, trigger: 'manual', not_before });
      // Earlier than the other: on PGlite both may else be of the same millisecond.
      const first = await ask(asked[0]!, ago(2));
      await ask(asked[1]!);
      await dispatches().dispatch();
      const [begun, ...more] = await urgent();
      expect(more).toEqual([]);
      await sql`update check_runs set status = 'running'`.execute(database().kysely);
      await ask(asked[2]!);
      await dispatches().dispatch();
      expect(await urgent()).toEqual([begun]);
      expect(await handedOver()).toHaveLength(3);
      await finishAll();
      await ask(asked[3]!);
      await dispatches().dispatch();
      expect(await urgent()).toEqual([begun, asked[3]!.id]);
      expect(begun).toBe(first.source_id);
    });

    test('thousands of first checks of one user do not delay another’s', async () => {
      const user_query_id = await query();
      for (const { id } of await sources(30, { user_query_id, next_check_at: ahead(1_000) }))
        await insertCheckRun(database(), { source_id: id, trigger: 'initial' });
      const other = await insertSource({ next_check_at: ahead(1_000) });
      await insertCheckRun(database(), { source_id: other.id, trigger: 'initial' });
      await dispatches().dispatch();
      expect(await handedOver()).toContain(other.id);
    });

    test('a check that has to come again later is handed over then', async () => {
      const source = await insertSource({ next_check_at: ahead(1_000) });
      const check = await insertCheckRun(database(), { source_id: source.id, not_before: ahead(1_000) });
      expect(await dispatches().dispatch()).toEqual({ handed_over: 0, is_waiting: false });
      await database()
        .kysely.updateTable('check_runs')
        .set({ not_before: ago(1) })
        .where('id', '=', check.id)
        .execute();
      expect(await dispatches().dispatch()).toEqual({ handed_over: 1, is_waiting: false });
    });

    test('whoever moves a check forward gets in line', async () => {
      const { id } = await insertSource({ next_check_at: ahead(1_000) });
      await dispatches().dispatch();
      // As the judge does it.
      await sql`update monitored_sources set next_check_at = least(next_check_at, now()) where id = ${id}`.execute(
        database().kysely,
      );
      expect(await dispatches().dispatch()).toEqual({ handed_over: 1, is_waiting: false });
    });
  });

  describe('sources that are not to be checked', () => {
    const parked = async (id: string) => (await source(id)).parked;
    const setStatus = (id: string, status: 'active' | 'paused' | 'completed') =>
      database().kysely.updateTable('user_queries').set({ status }).where('id', '=', id).execute();

    test.each(['paused', 'completed'] as const)(
      'of a %s query are out of the way until it is active again',
      async (status) => {
        const user_query_id = await query();
        const { id } = await insertSource({ user_query_id, next_check_at: ago(10) });
        await setStatus(user_query_id, status);
        expect(await parked(id)).toBe(true);
        expect(await dispatches().dispatch()).toEqual({ handed_over: 0, is_waiting: false });
        await setStatus(user_query_id, 'active');
        expect(await parked(id)).toBe(false);
        expect(await dispatches().dispatch()).toEqual({ handed_over: 1, is_waiting: false });
      },
    );

    test('are put out of the way where that was missed', async () => {
      const { id } = await insertSource({
        user_query_id: await query({ status: 'paused' }),
        next_check_at: ago(10),
      });
      expect(await parked(id)).toBe(false);
      expect(await dispatches().dispatch()).toEqual({ handed_over: 0, is_waiting: false });
      expect(await parked(id)).toBe(true);
    });

    test('because they are paused themselves, until they are not', async () => {
      const { id } = await insertSource({ status: 'paused', next_check_at: ago(10) });
      expect(await dispatches().dispatch()).toEqual({ handed_over: 0, is_waiting: false });
      await database()
        .kysely.updateTable('monitored_sources')
        .set({ status: 'active' })
        .where('id', '=', id)
        .execute();
      expect(await dispatches().dispatch()).toEqual({ handed_over: 1, is_waiting: false });
    });
  });

  describe('schedules', () => {
    const hour = (offset: number) =>
      `${String((new Date().getUTCHours() + offset + 24) % 24).padStart(2, '0')}:00`;

    test('a cron expression says when, in its time zone', async () => {
      const user_query_id = await query({ schedule_cron: '30 9 * * *', time_zone: 'Asia/Kolkata' });
      const { id } = await insertSource({ user_query_id, next_check_at: ago(10) });
      await dispatches().dispatch();
      const { next_check_at, planned_check_at } = await source(id);
      expect(next_check_at).toMatch(/T04:00:00.000Z$/);
      expect(planned_check_at).toBe(next_check_at);
    });

    test('jitter moves each check, and is not counted from', async () => {
      const user_query_id = await query({ check_jitter_seconds: 600 });
      const planned_check_at = ago(700);
      const { id } = await insertSource({ user_query_id, planned_check_at, next_check_at: ago(200) });
      await dispatches().dispatch();
      const after = await source(id);
      expect(Date.parse(after.planned_check_at!)).toBe(planned_check_at.getTime() + 3_600_000);
      const late = Date.parse(after.next_check_at) - Date.parse(after.planned_check_at!);
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThan(600_000);
    });

    test('what is due outside of all windows waits for the next one', async () => {
      const [from, to] = [hour(2), hour(3)];
      const windows = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from, to }];
      const user_query_id = await query({ check_windows: JSON.stringify(windows) });
      const { id } = await insertSource({ user_query_id, next_check_at: ago(10) });
      expect(await dispatches().dispatch()).toEqual({ handed_over: 0, is_waiting: false });
      expect((await source(id)).next_check_at).toContain(`T${from}:00.000Z`);
    });

    test('one that is not valid stops nobody', async () => {
      const user_query_id = await query({
        schedule_cron: 'not a cron expression',
        time_zone: 'Nowhere/City',
      });
      await insertSource({ user_query_id, next_check_at: ago(10) });
      await insertSource({ next_check_at: ago(10) });
      expect(await dispatches().dispatch()).toEqual({ handed_over: 2, is_waiting: false });
    });
  });
});
