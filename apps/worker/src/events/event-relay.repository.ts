import { Inject, Injectable } from '@nestjs/common';
import { events, type EventEnvelope, type SubscriberDefinition } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { JOB_ENGINE, type JobEngine } from '@torale/job-engine';
import { sql } from 'kysely';

/** Events that one pass hands over at most: bounds the time its transaction holds the subscriber. */
export const HAND_OVER_AT_MOST = 500;

const eventTypes = Object.values(events).map(({ type }) => type);

@Injectable()
export class EventRelayRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(JOB_ENGINE) private readonly jobEngine: JobEngine,
  ) {}

  /**
   * Gives a new subscriber its cursor, and a known one the types that this version adds. Types are not taken away: a
   * process of an older version that starts later would otherwise have events passed over.
   */
  async register({ name, events, begins }: SubscriberDefinition): Promise<void> {
    const types = events.map(({ type }) => type);
    const beginning = begins === 'now' ? sql`events_complete_below()` : sql`0`;
    await sql`
      insert into event_subscribers as known (name, types, transaction_number, event_id)
      values (${name}, ${types}::text[], ${beginning}, 0)
      on conflict (name) do update
        set types = array(select distinct unnest(known.types || excluded.types))
        where not known.types @> excluded.types
    `.execute(this.database.kysely);
  }

  /** Those of `names` for which there are events. Reads a few index entries and writes nothing. */
  async waiting(names: readonly string[]): Promise<string[]> {
    const { rows } = await sql<{ name: string }>`
      select name from event_subscribers subscriber
      where name = any(${names}::text[]) and exists (
        select from unnest(subscriber.types) as wanted (type) where exists (
          select from events
          where events.type = wanted.type
            and (events.transaction_number, events.id) > (subscriber.transaction_number, subscriber.event_id)
            and events.transaction_number < events_complete_below()))
    `.execute(this.database.kysely);
    return rows.map(({ name }) => name);
  }

  /**
   * Enqueues a job for each of the next events of a subscriber and moves its cursor past them, in one transaction:
   * every event is handed over once. Returns their number; none while another process is at it.
   */
  async handOver({ name, job }: SubscriberDefinition): Promise<number> {
    const events = await this.database.transaction(async (transaction) => {
      const { rows } = await sql<EventEnvelope & { transaction_number: number }>`
        with subscriber as (select * from event_subscribers where name = ${name} for update skip locked)
        select next.* from subscriber, unnest(subscriber.types) as wanted (type), lateral (
          select id as event_id, transaction_number, events.type, data from events
          where events.type = wanted.type
            and (transaction_number, id) > (subscriber.transaction_number, subscriber.event_id)
            and transaction_number < events_complete_below()
          order by transaction_number, id
          limit ${HAND_OVER_AT_MOST}
        ) next
        order by transaction_number, event_id
        limit ${HAND_OVER_AT_MOST}
      `.execute(transaction);
      const last = rows.at(-1);
      if (!last) return 0;
      const payloads = rows.map(({ event_id, type, data }) => ({ event_id, type, data }));
      await this.jobEngine.enqueue(transaction, job, payloads);
      const { transaction_number, event_id } = last;
      await transaction
        .updateTable('event_subscribers')
        .set({ transaction_number, event_id, updated_at: sql`now()` })
        .where('name', '=', name)
        .execute();
      return rows.length;
    });
    if (events > 0) this.jobEngine.wake(job);
    return events;
  }

  /**
   * Notices that the database was restored into a cluster whose transactions are numbered lower than the events and
   * the cursors that came along, where what happens next would sort before the cursors and be lost. From then on it is
   * numbered above them, and so is what happened between the restore and this call. True when that was so.
   */
  async continueAfterRestore(): Promise<boolean> {
    if (!(await this.isAhead())) return false;
    return this.database.transaction(async (transaction) => {
      // Waits for those who are appending; who appends next gets the new numbers.
      await sql`lock table events in share row exclusive mode`.execute(transaction);
      const newest = await newestNumber(transaction);
      const { rows } = await sql<{ current: number; restored: number }>`
        select current.number as current, greatest(
          (select id from events where transaction_number > current.number order by id desc limit 1),
          (select max(event_id) from event_subscribers where transaction_number > current.number)) as restored
        from (select event_transaction()) current (number)`.execute(transaction);
      const { current, restored } = rows[0]!;
      // Another process was here first.
      if (newest <= current) return false;
      await sql`select set_config('torale.event_upkeep', 'on', true)`.execute(transaction);
      await transaction
        .updateTable('events')
        .set({ transaction_number: sql`transaction_number + ${newest}::bigint` })
        .where('id', '>', restored)
        .execute();
      await transaction
        .updateTable('event_clock')
        .set({ ahead: sql`ahead + ${newest}::bigint` })
        .execute();
      return true;
    });
  }

  /** Whether something is stored that has a number which no transaction has had yet. */
  private async isAhead(): Promise<boolean> {
    const { rows } = await sql<{ next: number }>`
      select pg_snapshot_xmax(pg_current_snapshot())::text::bigint + ahead as next from event_clock
    `.execute(this.database.kysely);
    return (await newestNumber(this.database.kysely)) > rows[0]!.next;
  }
}

/** The highest number of what is stored; of each type the index has it at hand. */
async function newestNumber(connection: Database['kysely']): Promise<number> {
  const { rows } = await sql<{ newest: number | null }>`
    select max(number) as newest from (
      select transaction_number from event_subscribers
      union all
      select newest.transaction_number from unnest(${eventTypes}::text[]) as known (type), lateral (
        select transaction_number from events where events.type = known.type
        order by transaction_number desc limit 1
      ) newest
    ) stored (number)`.execute(connection);
  return rows[0]!.newest ?? 0;
}
