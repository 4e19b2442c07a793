import { randomUUID } from 'node:crypto';
import { AppError, jobs } from '@torale/contracts';
import { eventually } from '@torale/testing';
import { sql } from 'kysely';
import { PgBossJobEngine, type GivenUpContext } from '../src/index.ts';
import { queuePolicies } from '../src/queue-policies.ts';
import { describeOnBoth } from './on-both-databases.ts';

describeOnBoth('dead letters', (subject, engine) => {
  const enqueue = (...ids: string[]) =>
    subject().database.transaction((transaction) =>
      engine().enqueue(
        transaction,
        jobs.deliver,
        ids.map((delivery_id) => ({ delivery_id })),
      ),
    );
  const run = (statement: string) => sql.raw(statement).execute(subject().database.kysely);
  const letters = async () => (await engine().deadLetters.list({ limit: 100 })).data;
  const settled = (count: number) =>
    eventually(`${count} dead letters with their consequences`, async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from pgboss.job where name like '%-exhausted' and state = 'completed'`.execute(
        subject().database.kysely,
      );
      return rows[0]!.count === count;
    });
  /** Fails every job, and collects the tries and what followed. */
  const fail = async (error: unknown, followUp?: () => Promise<unknown>) => {
    const tries: string[] = [];
    const givenUp: ({ id: string } & GivenUpContext)[] = [];
    await engine().work(jobs.deliver, {
      concurrency: 4,
      handle: async ({ delivery_id }) => {
        tries.push(delivery_id);
        throw error;
      },
      givenUp: async ({ delivery_id }, context) => {
        givenUp.push({ id: delivery_id, ...context });
        await followUp?.();
      },
    });
    return { tries, givenUp };
  };

  test('are jobs that cannot succeed, at once', async () => {
    const id = randomUUID();
    const begun = Date.now();
    await enqueue(id);
    const { tries, givenUp } = await fail(new AppError('not_found', 'There is no such delivery'));
    await settled(1);
    expect(tries).toEqual([id]);
    expect(givenUp).toMatchObject([{ id, attempts: 1, error: new Error('There is no such delivery') }]);
    const [letter] = await letters();
    expect(letter).toEqual({
      id: expect.any(String),
      queue: 'deliver',
      payload: { delivery_id: id },
      error: 'There is no such delivery',
      error_class: 'user_error',
      attempts: 1,
      first_failed_at: expect.any(String),
      last_failed_at: expect.any(String),
    });
    for (const at of [letter!.first_failed_at, letter!.last_failed_at]) {
      expect(Date.parse(at)).toBeGreaterThanOrEqual(begun - 1);
      expect(Date.parse(at)).toBeLessThanOrEqual(Date.now() + 1);
    }
  });

  test('are jobs whose tries are used up, with the first and the last failure', async () => {
    await enqueue(randomUUID());
    await run(`update pgboss.job set retry_limit = 1`);
    const { tries } = await fail(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    await settled(1);
    expect(tries).toHaveLength(2);
    const [letter] = await letters();
    expect(letter).toMatchObject({ error: 'refused', error_class: 'network', attempts: 2 });
    expect(Date.parse(letter!.last_failed_at) - Date.parse(letter!.first_failed_at)).toBeGreaterThan(500);
  });

  test('are jobs whose process died at the last try, with the failure that was the first', async () => {
    await enqueue(randomUUID());
    const first = '2026-11-01T08:00:00.000Z';
    await run(`update pgboss.job set state = 'active', retry_count = 3, retry_limit = 3,
      heartbeat_on = now() - interval '1 hour', output = '{"first_failed_at": "${first}", "message": "refused"}'`);
    const heir = await PgBossJobEngine.start(subject().connection);
    const [letter] = await eventually('the dead letter', async () => {
      const all = await letters();
      return all.length > 0 && all;
    });
    expect(letter).toMatchObject({
      error: 'the process ended while the job ran',
      attempts: 4,
      first_failed_at: first,
    });
    await heir.stop(0);
  });

  test('are jobs whose processes die one after the other, however many tries are left', async () => {
    const id = randomUUID();
    await enqueue(id);
    const die = async () => {
      await run(`update pgboss.job set state = 'active', heartbeat_on = now() - interval '1 hour'
        where state < 'active' and name = 'deliver'`);
      const heir = await PgBossJobEngine.start(subject().connection);
      await eventually('the job to be taken over', async () => {
        const { rows } =
          await sql`select from pgboss.job where name = 'deliver' and state = 'active'`.execute(
            subject().database.kysely,
          );
        return rows.length === 0;
      });
      await heir.stop(0);
    };
    const wait = async () => {
      const { rows } = await sql<{ seconds: number }>`
        select extract(epoch from start_after - now())::float8 as seconds from pgboss.job
        where name = 'deliver'`.execute(subject().database.kysely);
      return rows[0]!.seconds;
    };
    for (const earlier of [0, 1, 2, 18]) {
      await run(`update pgboss.job set output = '{"deaths": ${earlier}}' where name = 'deliver'`);
      await die();
      expect(await letters()).toEqual([]);
      expect(await wait()).toBeLessThanOrEqual(Math.max(earlier - 1, 0) * 5);
    }
    await die();
    expect(await letters()).toMatchObject([
      { payload: { delivery_id: id }, error: 'the process ended while the job ran' },
    ]);
  });

  test('are jobs that nobody can read, and nothing follows from them', async () => {
    await enqueue(randomUUID(), randomUUID());
    await run(`update pgboss.job set data = '{"delivery_id": 7}'`);
    const { tries, givenUp } = await fail(new Error('not reached'));
    await settled(2);
    expect([tries, givenUp]).toEqual([[], []]);
    expect(await letters()).toMatchObject(
      Array(2).fill({ payload: { delivery_id: 7 }, error_class: 'user_error', attempts: 1 }),
    );
  });

  test('are replayed with all their tries, and are gone then', async () => {
    await enqueue(randomUUID(), randomUUID());
    const { tries } = await fail(new AppError('not_found'));
    await settled(2);
    const [replayed, other] = await letters();
    await engine().stop(0);
    const operator = await PgBossJobEngine.startSender(subject().connection);
    expect(await operator.deadLetters.replay([replayed!.id, randomUUID()])).toEqual([replayed!.id]);
    expect((await operator.deadLetters.list({ limit: 10 })).data).toEqual([other]);
    await operator.stop(0);
    const { rows } = await sql`
      select data, retry_count, retry_limit from pgboss.job where name = 'deliver' and state = 'created'`.execute(
      subject().database.kysely,
    );
    expect(rows).toEqual([
      { data: replayed!.payload, retry_count: 0, retry_limit: queuePolicies.deliver.retryLimit },
    ]);
    expect(tries).toHaveLength(2);
  });

  test('that were replayed run, and may end there again', async () => {
    await enqueue(randomUUID());
    const { tries } = await fail(new AppError('not_found'));
    await settled(1);
    const [first] = await letters();
    await engine().deadLetters.replay([first!.id]);
    await eventually('the second try', async () => tries.length === 2);
    await settled(1);
    expect(await letters()).toMatchObject([{ payload: first!.payload, attempts: 1 }]);
    expect((await letters())[0]!.id).not.toBe(first!.id);
  });

  test('are dropped', async () => {
    await enqueue(randomUUID(), randomUUID());
    await fail(new AppError('not_found'));
    await settled(2);
    const [first, second] = await letters();
    expect(await engine().deadLetters.drop([first!.id, randomUUID()])).toEqual([first!.id]);
    expect(await letters()).toEqual([second]);
    expect(await engine().deadLetters.replay([])).toEqual([]);
  });

  test('can be neither replayed nor dropped before what follows from them has happened', async () => {
    const followUp = Promise.withResolvers<void>();
    await enqueue(randomUUID());
    const { givenUp } = await fail(new AppError('not_found'), () => followUp.promise);
    await eventually('the consequences to begin', async () => givenUp.length > 0);
    const [letter] = await letters();
    const { deadLetters } = engine();
    expect(await deadLetters.drop([letter!.id])).toEqual([]);
    expect(await deadLetters.replay([letter!.id])).toEqual([]);
    followUp.resolve();
    await settled(1);
    expect(await deadLetters.drop([letter!.id])).toEqual([letter!.id]);
  });

  test('stay when what follows from them fails, which is tried again', async () => {
    let failures = 0;
    await enqueue(randomUUID());
    await fail(new AppError('not_found'), async () => {
      if (failures++ === 0) throw new Error('the database was away');
    });
    await settled(1);
    expect(failures).toBe(2);
    expect(await letters()).toHaveLength(1);
  });

  test('are listed in pages, the latest first, of one queue or all', async () => {
    await fail(new AppError('not_found'));
    for (let batch = 1; batch <= 3; batch++) {
      await enqueue(randomUUID(), randomUUID(), randomUUID());
      await settled(batch * 3);
    }
    const all = await letters();
    expect(all).toHaveLength(9);
    expect(all).toEqual(all.toSorted((a, b) => b.last_failed_at.localeCompare(a.last_failed_at)));
    const paged = [];
    let cursor: string | undefined;
    do {
      const page = await engine().deadLetters.list({ queue: 'deliver', cursor, limit: 4 });
      expect(page.data.length).toBeLessThanOrEqual(4);
      paged.push(...page.data);
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    expect(paged).toEqual(all);
    const others = await engine().deadLetters.list({ queue: 'run-check', limit: 4 });
    expect(others).toEqual({ data: [], next_cursor: null });
  });

  test('have cursors that are checked', async () => {
    await expect(engine().deadLetters.list({ cursor: `'; drop`, limit: 1 })).rejects.toThrow('no cursor');
  });
});
