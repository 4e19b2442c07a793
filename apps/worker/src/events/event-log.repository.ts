import { Inject, Injectable } from '@nestjs/common';
import type { SubscriberState } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { sql } from 'kysely';
import { forgetInBatches } from '../housekeeping/forget-in-batches.ts';

/** What an operator sees and does of the log of events. */
@Injectable()
export class EventLogRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  async subscribers(): Promise<SubscriberState[]> {
    const { rows } = await sql<SubscriberState>`
      select subscriber.*, lag.* from event_subscribers subscriber, lateral (
        select count(*) as lag_events,
          coalesce(greatest(extract(epoch from now() - min(created_at)), 0), 0)::float8 as lag_seconds
        from events
        where type = any(subscriber.types)
          and (events.transaction_number, events.id) > (subscriber.transaction_number, subscriber.event_id)
      ) lag
      order by name`.execute(this.database.kysely);
    return rows;
  }

  /**
   * Sets the cursor of a subscriber back before the first event that happened at `from` or later. Returns how many
   * events it is handed again; undefined when there is no such subscriber.
   */
  replay(name: string, from: string): Promise<number | undefined> {
    return this.database.transaction(async (transaction) => {
      const subscriber = await transaction
        .selectFrom('event_subscribers')
        .select(['types', 'transaction_number', 'event_id'])
        .where('name', '=', name)
        .forUpdate()
        .executeTakeFirst();
      if (!subscriber) return undefined;
      const { rows } = await sql<{ transaction_number: number; id: number; events: number }>`
        select transaction_number, id, count(*) over () as events from events
        where type = any(${subscriber.types}::text[]) and created_at >= ${from}
          and (transaction_number, id) <= (${subscriber.transaction_number}, ${subscriber.event_id})
        order by transaction_number, id
        limit 1`.execute(transaction);
      const first = rows[0];
      if (!first) return 0;
      await transaction
        .updateTable('event_subscribers')
        .set({
          transaction_number: first.transaction_number,
          event_id: first.id - 1,
          updated_at: sql`now()`,
        })
        .where('name', '=', name)
        .execute();
      return first.events;
    });
  }

  /** Deletes what is older and was handed to all who want it; returns the number of events. */
  forget(olderThanDays: number): Promise<number> {
    return forgetInBatches((atMost) =>
      this.database.transaction(async (transaction) => {
        await sql`select set_config('torale.event_upkeep', 'on', true)`.execute(transaction);
        const { numAffectedRows } = await sql`
          delete from events where id in (
            select id from events
            where created_at < now() - make_interval(days => ${olderThanDays}) and not exists (
              select from event_subscribers subscriber
              where events.type = any(subscriber.types)
                and (events.transaction_number, events.id) > (subscriber.transaction_number, subscriber.event_id))
            limit ${atMost})`.execute(transaction);
        return Number(numAffectedRows ?? 0);
      }),
    );
  }
}
