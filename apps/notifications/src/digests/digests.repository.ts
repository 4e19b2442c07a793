import { Injectable } from '@nestjs/common';
import type { Transaction } from '@torale/database';
import { sql } from 'kysely';
import type { Channel } from '../planning/plan-deliveries.ts';

@Injectable()
export class DigestsRepository {
  /**
   * The digest of a channel that is due at a time, with its delivery, for adding to it in this transaction; null when
   * it is being sent or was. `delivery_id` is null unless this call has made it. Whoever calls it holds the planning
   * of the user.
   */
  async open(
    transaction: Transaction,
    userId: string,
    channel: Channel,
    dueAt: Date,
  ): Promise<{ id: string; delivery_id: string | null } | null> {
    const known = await transaction
      .selectFrom('notification_digests as digest')
      .innerJoin('notification_deliveries as delivery', 'delivery.digest_id', 'digest.id')
      .select([
        'digest.id',
        sql<boolean>`delivery.status = 'queued' and delivery.attempts = '[]'`.as('is_open'),
      ])
      .where('digest.channel_id', '=', channel.id)
      .where('digest.due_at', '=', dueAt.toISOString())
      .executeTakeFirst();
    if (known) return known.is_open ? { id: known.id, delivery_id: null } : null;
    const { id } = await transaction
      .insertInto('notification_digests')
      .values({ user_id: userId, channel_id: channel.id, due_at: dueAt })
      .returning('id')
      .executeTakeFirstOrThrow();
    const delivery = await transaction
      .insertInto('notification_deliveries')
      .values({
        user_id: userId,
        digest_id: id,
        channel: channel.kind,
        channel_id: channel.id,
        target: channel.target,
        not_before: dueAt,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return { id, delivery_id: delivery.id };
  }
}
