import { Injectable } from '@nestjs/common';
import { type ReplayRequest, settledStatusSchema } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { sql } from 'kysely';
import { unusable } from '../channels/unusable.ts';

interface LockedChannel {
  id: string;
  status: 'pending' | 'verified' | 'disabled';
}

@Injectable()
export class ReplayRepository {
  /** Until the transaction ends nobody else makes deliveries of this channel again. */
  async lockChannel(transaction: Transaction, id: string): Promise<LockedChannel | undefined> {
    return transaction
      .selectFrom('notification_channels')
      .select(['id', 'status'])
      .where('id', '=', id)
      .forNoKeyUpdate()
      .executeTakeFirst();
  }

  async lockChannelOf(transaction: Transaction, deliveryId: string): Promise<LockedChannel | undefined> {
    const delivery = await transaction
      .selectFrom('notification_deliveries')
      .select('channel_id')
      .where('id', '=', deliveryId)
      .executeTakeFirst();
    return delivery?.channel_id ? this.lockChannel(transaction, delivery.channel_id) : undefined;
  }

  /** Deliveries of a channel that were made again within an hour. */
  async countRecent(transaction: Transaction, channelId: string): Promise<number> {
    const { count } = await transaction
      .selectFrom('notification_deliveries')
      .select(sql<number>`count(*)::int`.as('count'))
      .where('channel_id', '=', channelId)
      .where('replayed_at', '>', sql<string>`now() - interval '1 hour'`)
      .executeTakeFirstOrThrow();
    return count;
  }

  /**
   * Those asked for that are settled and were not made again within `pauseSeconds`, the oldest first. What was told in
   * a digest is made again with the digest. Among failed ones are those that a disabled channel was spared.
   */
  async listSettled(
    transaction: Transaction,
    channelId: string,
    request: ReplayRequest,
    pauseSeconds: number,
    limit: number,
  ): Promise<string[]> {
    const settled = transaction
      .selectFrom('notification_deliveries')
      .select('id')
      .where('channel_id', '=', channelId)
      .where('in_digest_id', 'is', null)
      .where('status', 'in', settledStatusSchema.options)
      .where(sql<boolean>`coalesce(replayed_at < now() - ${pauseSeconds} * interval '1 second', true)`)
      .orderBy('created_at')
      .orderBy('id')
      .limit(limit)
      .forNoKeyUpdate();
    const asked =
      'delivery_id' in request
        ? settled.where('id', '=', request.delivery_id)
        : settled
            .where('created_at', '>=', request.from)
            .where('created_at', '<', request.to)
            .where(({ eb, or }) =>
              or([
                eb('status', 'in', request.statuses),
                ...(request.statuses.includes('failed') ? [eb('reason', '=', unusable.disabled)] : []),
              ]),
            );
    return (await asked.execute()).map(({ id }) => id);
  }

  /** As if they had never been attempted, but for the record. */
  async reset(transaction: Transaction, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await transaction
      .updateTable('notification_deliveries')
      .set({
        status: 'queued',
        reason: null,
        not_before: null,
        sent_at: null,
        provider_message_id: null,
        earlier_attempts: sql`jsonb_array_length(attempts)`,
        replayed_at: sql<string>`now()`,
      })
      .where('id', 'in', ids)
      .execute();
  }
}
