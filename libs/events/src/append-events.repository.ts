import type { EventData, EventDefinition } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { sql, type RawBuilder } from 'kysely';

/**
 * Appends one event per item in the caller's transaction: they have happened exactly if it commits. Subscribers get
 * them soon after. Data that is not of the event's shape is a fault of the caller and throws a ZodError.
 */
export async function appendEvents<E extends EventDefinition>(
  transaction: Transaction,
  event: E,
  happened: readonly { user_id: string; data: EventData<E> }[],
): Promise<void> {
  if (happened.length === 0) return;
  await transaction
    .insertInto('events')
    .values(
      happened.map(({ user_id, data }) => ({
        type: event.type,
        user_id,
        data: JSON.stringify(event.data.parse(data)),
      })),
    )
    .execute();
}

/**
 * The same as a part of the statement that makes it happen, without a round trip: an insert for every row of `rows`, a
 * query named by `with` whose columns are `user_id` and those of the event's data, by name.
 */
export function appendEventsOf(event: EventDefinition, rows: string): RawBuilder<unknown> {
  const data = Object.keys(event.data.shape).map((name) => sql`${sql.lit(name)}, ${sql.ref(name)}`);
  // The column's default, asked for once for all rows: asking costs as much as an index entry.
  return sql`insert into events (type, user_id, transaction_number, data)
    select ${sql.lit(event.type)}, user_id, (select event_transaction()), jsonb_build_object(${sql.join(data)})
    from ${sql.ref(rows)}`;
}
