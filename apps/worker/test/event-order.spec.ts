import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { events, jobs, subscribers, type EventEnvelope } from '@torale/contracts';
import { openPostgres, type Database } from '@torale/database';
import { appendEvents } from '@torale/events';
import { PgBossJobEngine } from '@torale/job-engine';
import { createUser, hasPostgres, startPostgres } from '@torale/testing';
import { sql } from 'kysely';
import { EventRelayRepository } from '../src/events/event-relay.repository.ts';

const run = promisify(execFile);
const { notifications } = subscribers;

(hasPostgres ? describe : describe.skip)('the order of events on Postgres', () => {
  let closing: (() => Promise<unknown>)[];
  beforeEach(() => {
    closing = [];
  });
  afterEach(async () => {
    for (const close of closing.reverse()) await close();
  });

  async function cluster() {
    // Events wait for every transaction that began before theirs, also for those that refresh statistics.
    const started = await startPostgres({ autovacuum: 'off' });
    closing.push(() => started.stop());
    return started;
  }
  function open(url: string): Database {
    const database = openPostgres({ url, poolSize: 6 });
    closing.push(() => database.close());
    return database;
  }
  async function relayOn(url: string, database: Database) {
    const engine = await PgBossJobEngine.startSender({ url });
    closing.push(() => engine.stop(0));
    return new EventRelayRepository(database, engine);
  }
  async function handOverAll(relay: EventRelayRepository) {
    while ((await relay.handOver(notifications)) > 0);
  }
  /** What was handed over up to now, as it happened: the jobs of one pass have no order among themselves. */
  async function handedOver(database: Database): Promise<unknown[]> {
    const { rows } = await sql<{ data: EventEnvelope }>`
      select data from pgboss.job where name = ${jobs.notificationsEvent.queue}
      order by (data->>'event_id')::bigint`.execute(database.kysely);
    return rows.map(({ data }) => data.data['alert_id']);
  }
  const anAlert = () => ({ alert_id: randomUUID(), user_query_id: randomUUID() });
  async function happens(database: Database, user_id: string): Promise<string> {
    const data = anAlert();
    await database.transaction((transaction) =>
      appendEvents(transaction, events.alertCreated, [{ user_id, data }]),
    );
    return data.alert_id;
  }

  test('an event that commits late is not passed over by those that were appended after it', async () => {
    const { url } = await cluster();
    const database = open(url);
    const relay = await relayOn(url, database);
    await relay.register(notifications);
    const { id: user_id } = await createUser(database);

    const late = anAlert();
    let appended!: () => void;
    let commit!: () => void;
    const isAppended = new Promise<void>((resolve) => (appended = resolve));
    const mayCommit = new Promise<void>((resolve) => (commit = resolve));
    const slow = database.transaction(async (transaction) => {
      await appendEvents(transaction, events.alertCreated, [{ user_id, data: late }]);
      appended();
      await mayCommit;
    });
    await isAppended;
    const early = await happens(database, user_id);

    // The later one is there to be read, and has to wait for the one before it.
    await handOverAll(relay);
    expect(await handedOver(database)).toEqual([]);
    commit();
    await slow;
    await handOverAll(relay);
    expect(await handedOver(database)).toEqual([late.alert_id, early]);
  }, 60_000);

  test('nothing is lost when a dump is restored where transactions are numbered lower', async () => {
    const old = await cluster();
    const before = open(old.url);
    // A cluster with a past.
    for (let burnt = 0; burnt < 20; burnt++) {
      await sql`do $$ begin for i in 1..500 loop perform pg_current_xact_id(); commit; end loop; end $$`.execute(
        before.kysely,
      );
    }
    const relayBefore = await relayOn(old.url, before);
    await relayBefore.register(notifications);
    const { id: user_id } = await createUser(before);
    const told = await happens(before, user_id);
    await handOverAll(relayBefore);
    const waiting = await happens(before, user_id);

    const { url: target, createDatabase } = await cluster();
    const { url } = await createDatabase();
    const empty = open(target);
    const name = new URL(url).pathname.slice(1);
    await sql`drop database ${sql.ref(name)}`.execute(empty.kysely);
    await sql`create database ${sql.ref(name)}`.execute(empty.kysely);
    const folder = await mkdtemp(join(tmpdir(), 'torale-dump-'));
    closing.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'dump.sql');
    await run('pg_dump', ['--no-owner', '--file', file, old.url]);
    await run('psql', ['--quiet', '--set=ON_ERROR_STOP=1', '--file', file, url]);

    const after = open(url);
    const numberOf = async (database: Database) => {
      const { rows } = await sql<{ number: number }>`select event_transaction() as number`.execute(
        database.kysely,
      );
      return rows[0]!.number;
    };
    expect(await numberOf(after)).toBeLessThan((await numberOf(before)) - 5_000);

    // Other services are up before the worker is.
    const meanwhile = await happens(after, user_id);
    const relay = await relayOn(url, after);
    expect(await relay.continueAfterRestore()).toBe(true);
    expect(await relay.continueAfterRestore()).toBe(false);
    await relay.register(notifications);
    const afterwards = await happens(after, user_id);
    await handOverAll(relay);
    // `told` came along as the job that it was.
    expect(await handedOver(after)).toEqual([told, waiting, meanwhile, afterwards]);
  }, 120_000);

  test('many who append at the time of a restore are all heard', async () => {
    const { url } = await cluster();
    const database = open(url);
    const relay = await relayOn(url, database);
    await relay.register(notifications);
    const { id: user_id } = await createUser(database);
    await happens(database, user_id);
    await handOverAll(relay);
    // As a restore leaves it: what is stored is far ahead of the transactions.
    await database.transaction(async (transaction) => {
      await sql`select set_config('torale.event_upkeep', 'on', true)`.execute(transaction);
      await sql`update events set transaction_number = transaction_number + 1000000`.execute(transaction);
      await sql`update event_subscribers set transaction_number = transaction_number + 1000000`.execute(
        transaction,
      );
    });
    const restored = await handedOver(database);
    const appended: Promise<string>[] = [];
    for (let n = 0; n < 60; n++) {
      appended.push(happens(database, user_id));
      if (n === 30) appended.push(relay.continueAfterRestore().then(() => happens(database, user_id)));
    }
    const all = await Promise.all(appended);
    await handOverAll(relay);
    expect((await handedOver(database)).sort()).toEqual([...restored, ...all].sort());
  }, 60_000);
});
