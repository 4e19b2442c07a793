import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { events, jobs, subscribers, type EventEnvelope, type SubscriberDefinition } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { appendEvents } from '@torale/events';
import type { JobEngine } from '@torale/job-engine';
import { createUser } from '@torale/testing';
import { sql } from 'kysely';
import { EventLogRepository } from '../src/events/event-log.repository.ts';
import { EventRelayRepository, HAND_OVER_AT_MOST } from '../src/events/event-relay.repository.ts';
import { onBothDatabases } from './both-databases.ts';

const { notifications } = subscribers;

onBothDatabases('the log of events', (opened) => {
  let user_id: string;
  let relay: EventRelayRepository;
  let log: EventLogRepository;
  beforeEach(async () => {
    const { database, engine } = opened();
    user_id = (await createUser(database)).id;
    relay = new EventRelayRepository(database, engine);
    log = new EventLogRepository(database);
    // What other tests left behind.
    await upkeep('delete from events; delete from event_subscribers; update event_clock set ahead = 0');
    await run('delete from pgboss.job');
    await relay.register(notifications);
  });

  const run = (script: string) => sql.raw(script).execute(opened().database.kysely);
  const upkeep = (script: string) =>
    opened().database.transaction(async (transaction) => {
      await sql`select set_config('torale.event_upkeep', 'on', true)`.execute(transaction);
      for (const statement of script.split(';')) await sql.raw(statement).execute(transaction);
    });
  const append = (transaction: Transaction, ...alert_ids: string[]) =>
    appendEvents(
      transaction,
      events.alertCreated,
      alert_ids.map((alert_id) => ({ user_id, data: { alert_id, user_query_id: randomUUID() } })),
    );
  async function happens(count = 1): Promise<string[]> {
    const ids = Array.from({ length: count }, () => randomUUID());
    await opened().database.transaction((transaction) => append(transaction, ...ids));
    return ids;
  }
  const handOver = () => relay.handOver(notifications);
  async function handedOver(queue = jobs.notificationsEvent.queue): Promise<string[]> {
    const { rows } = await sql<{ data: EventEnvelope }>`
      select data from pgboss.job where name = ${queue} order by (data ->> 'event_id')::int`.execute(
      opened().database.kysely,
    );
    return rows.map(({ data }) => data.data['alert_id'] as string);
  }

  test('refuses to be rewritten, and is forgotten with its owner', async () => {
    await happens();
    for (const statement of [
      `update events set data = '{}'`,
      'delete from events',
      'truncate events cascade',
    ]) {
      await expect(run(statement)).rejects.toThrow('Events are appended and never changed');
    }
    await sql`delete from auth.users where id = ${user_id}`.execute(opened().database.kysely);
    const { rows } = await sql`select from events where user_id = ${user_id}`.execute(
      opened().database.kysely,
    );
    expect(rows).toEqual([]);
  });

  test('hands every event over once, in order, as a job with its type and data', async () => {
    const first = await happens(2);
    const second = await happens();
    expect(await relay.waiting([notifications.name])).toEqual([notifications.name]);
    expect(await handOver()).toBe(3);
    expect(await handedOver()).toEqual([...first, ...second]);
    const { rows } = await sql<{
      data: EventEnvelope;
    }>`select data from pgboss.job order by (data->>'event_id')::int`.execute(opened().database.kysely);
    expect(rows[0]!.data).toEqual({
      event_id: expect.any(Number),
      type: 'alert.created',
      data: { alert_id: first[0], user_query_id: expect.any(String) },
    });
    expect(await relay.waiting([notifications.name])).toEqual([]);
    expect(await handOver()).toBe(0);
    expect(await handedOver()).toHaveLength(3);
  });

  test('hands over only what a subscriber wants, wherever that is among the rest', async () => {
    const checked = { source_id: randomUUID(), check_id: randomUUID(), outcome: null, verdict: null };
    const { database } = opened();
    await database.transaction((transaction) =>
      appendEvents(
        transaction,
        events.sourceChecked,
        Array.from({ length: 1200 }, () => ({ user_id, data: checked })),
      ),
    );
    expect(await relay.waiting([notifications.name])).toEqual([]);
    const [alert] = await happens();
    await handOver();
    expect(await handedOver()).toEqual([alert]);
  });

  test('takes a long queue in bites, and loses and doubles nothing on the way', async () => {
    const all: string[] = [];
    for (let bite = 0; bite < 3; bite++) all.push(...(await happens(HAND_OVER_AT_MOST / 2 + 7)));
    expect(await handOver()).toBe(HAND_OVER_AT_MOST);
    expect(await handOver()).toBe(all.length - HAND_OVER_AT_MOST);
    expect(await handedOver()).toEqual(all);
  });

  test('hands over once when many workers are at it', async () => {
    const all = await happens(50);
    await Promise.all(Array.from({ length: 6 }, handOver));
    await handOver();
    expect(await handedOver()).toEqual(all);
  });

  test('moves its cursor only together with the jobs', async () => {
    const all = await happens(3);
    const dying: Pick<JobEngine, 'enqueue'> = {
      async enqueue(...call) {
        await opened().engine.enqueue(...call);
        throw new Error('the process died here');
      },
    };
    const crashed = new EventRelayRepository(opened().database, dying as JobEngine);
    await expect(crashed.handOver(notifications)).rejects.toThrow('died');
    expect(await handedOver()).toEqual([]);
    await handOver();
    expect(await handedOver()).toEqual(all);
  });

  test('begins for a new subscriber now or at the beginning, as it wants', async () => {
    const [before] = await happens();
    const now: SubscriberDefinition = { ...notifications, name: 'from-now-on', begins: 'now' };
    await relay.register(now);
    const [after] = await happens();
    // Known already: this moves nothing.
    await relay.register(now);
    await relay.handOver(now);
    expect(await handedOver()).toEqual([after]);
    await handOver();
    expect((await handedOver()).sort()).toEqual([before, after, after].sort());
  });

  test('gives a subscriber the types that a newer version adds, and keeps them when an older one starts', async () => {
    const narrow: SubscriberDefinition = {
      ...notifications,
      name: 'grows',
      events: [events.sourceFailing],
    };
    await relay.register(narrow);
    await relay.register({ ...narrow, events: [events.sourceFailing, events.alertCreated] });
    await relay.register(narrow);
    const [alert] = await happens();
    await relay.handOver(narrow);
    expect(await handedOver()).toEqual([alert]);
  });

  test('hands what happened since a point in time over again, and nothing earlier', async () => {
    const [old] = await happens();
    await sleep(20);
    const from = new Date().toISOString();
    const again = await happens(2);
    await handOver();
    const [later] = await happens();
    expect(await log.replay(notifications.name, from)).toBe(2);
    await handOver();
    expect(await handedOver()).toEqual([old, again[0], again[0], again[1], again[1], later]);
    expect(await log.replay(notifications.name, new Date(Date.now() + 60_000).toISOString())).toBe(0);
    expect(await handOver()).toBe(0);
    expect(await log.replay('nobody', from)).toBeUndefined();
  });

  test('says how far behind a subscriber is', async () => {
    expect(await log.subscribers()).toMatchObject([{ name: 'notifications', lag_events: 0, lag_seconds: 0 }]);
    await happens(3);
    await sleep(30);
    const [state] = await log.subscribers();
    expect(state).toMatchObject({ lag_events: 3 });
    expect(state!.lag_seconds).toBeGreaterThan(0.02);
    await handOver();
    expect(await log.subscribers()).toMatchObject([{ lag_events: 0, lag_seconds: 0 }]);
  });

  test('forgets what is old, except what a subscriber has not seen', async () => {
    await happens(2);
    await handOver();
    await happens();
    const checked = { source_id: randomUUID(), check_id: randomUUID(), outcome: null, verdict: null };
    const { database } = opened();
    await database.transaction((transaction) =>
      appendEvents(transaction, events.sourceChecked, [{ user_id, data: checked }]),
    );
    await upkeep(`update events set created_at = now() - interval '15 days'`);
    const [young] = await happens();
    expect(await log.forget(14)).toBe(3);
    await handOver();
    expect((await handedOver()).slice(2)).toEqual([expect.any(String), young]);
    expect(await log.forget(14)).toBe(1);
  });
});
