import type { EventData, EventDefinition } from '@torale/contracts';
import type { Transaction } from '@torale/database';

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
