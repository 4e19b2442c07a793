import type { UnsubscribeClaims } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { sql } from 'kysely';

/** What a link would end. */
export interface Subscription {
  target: string;
  /** Null: all that the channel tells. */
  raw_query: string | null;
  has_ended: boolean;
}

/** Undefined when the channel or the query is gone. */
export async function findSubscription(
  transaction: Transaction,
  { channel_id, user_query_id }: UnsubscribeClaims,
): Promise<Subscription | undefined> {
  const channel = await transaction
    .selectFrom('notification_channels')
    .select(['target', 'muted'])
    .where('id', '=', channel_id)
    .executeTakeFirst();
  if (!channel) return undefined;
  const { target, muted } = channel;
  if (user_query_id === undefined) return { target, raw_query: null, has_ended: muted };
  const query = await transaction
    .selectFrom('user_queries')
    .select(['raw_query', 'unsubscribed_channel_ids'])
    .where('id', '=', user_query_id)
    .executeTakeFirst();
  if (!query) return undefined;
  const has_ended = muted || query.unsubscribed_channel_ids.includes(channel_id);
  return { target, raw_query: query.raw_query, has_ended };
}

/** Ids of channels that are gone make room. */
export async function endSubscription(
  transaction: Transaction,
  { channel_id, user_query_id }: UnsubscribeClaims,
): Promise<void> {
  if (user_query_id === undefined) {
    await transaction
      .updateTable('notification_channels')
      .set({ muted: true })
      .where('id', '=', channel_id)
      .execute();
    return;
  }
  await transaction
    .updateTable('user_queries')
    .set({
      unsubscribed_channel_ids: sql`array(
        select id from notification_channels
        where id = any(unsubscribed_channel_ids) or id = ${channel_id})`,
    })
    .where('id', '=', user_query_id)
    .execute();
}
