import { Inject, Injectable } from '@nestjs/common';
import { events } from '@torale/contracts';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { appendEvents } from '@torale/events';
import { sql } from 'kysely';

/** A failed attempt that says something of its channel. */
export interface ChannelFailure {
  channel_id: string;
  /** The other side has said that it takes nothing ever again. */
  gone: boolean;
  error: string;
}

@Injectable()
export class ChannelHealthRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /**
   * Notes since when every attempt has failed. A channel that is gone, or has failed for longer than `limitMs`, is
   * disabled, with the notice for its owner. E-mail is not: it fails by the mail provider, which is not its owner's.
   * @returns whether it was disabled
   */
  async failed({ channel_id, gone, error }: ChannelFailure, limitMs: number): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const over = sql<boolean>`(${gone} or failing_since < clock_timestamp() - ${limitMs} * interval '1 millisecond')`;
      const since = sql`to_char(failing_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')`;
      const reason = gone
        ? sql<string>`${error}::text`
        : sql<string>`'Every attempt since ' || ${since} || ' has failed. The last one: ' || ${error}`;
      const channel = await transaction
        .updateTable('notification_channels')
        .set({
          failing_since: sql`coalesce(failing_since, clock_timestamp())`,
          status: sql`case when ${over} then 'disabled' else status end`,
          disabled_at: sql`case when ${over} then clock_timestamp() end`,
          disabled_reason: sql`case when ${over} then ${reason} end`,
        })
        .where('id', '=', channel_id)
        .where('kind', '<>', 'email')
        .where('status', '=', 'verified')
        .where(sql<boolean>`(failing_since is null or ${over})`)
        .returning(['user_id', 'status', 'disabled_at', 'disabled_reason'])
        .executeTakeFirst();
      if (channel?.status !== 'disabled') return false;
      await this.tellOwner(transaction, { ...channel, id: channel_id });
      return true;
    });
  }

  /**
   * Disables a channel whose other end has said so, at `at`, with the notice for its owner. One that was verified after
   * that has heard it before.
   * @returns whether it was disabled
   */
  async disable(transaction: Transaction, channel_id: string, reason: string, at: Date): Promise<boolean> {
    const channel = await transaction
      .updateTable('notification_channels')
      .set({ status: 'disabled', disabled_at: sql`clock_timestamp()`, disabled_reason: reason })
      .where('id', '=', channel_id)
      .where('status', '=', 'verified')
      .where((where) =>
        where.or([where('verified_at', 'is', null), where('verified_at', '<=', at.toISOString())]),
      )
      .returning(['user_id', 'disabled_at', 'disabled_reason'])
      .executeTakeFirst();
    if (!channel) return false;
    await this.tellOwner(transaction, { ...channel, id: channel_id });
    return true;
  }

  private async tellOwner(
    transaction: Transaction,
    channel: { id: string; user_id: string; disabled_at: string | null; disabled_reason: string | null },
  ): Promise<void> {
    const { id: notice_id } = await transaction
      .insertInto('notices')
      .values({
        user_id: channel.user_id,
        kind: 'channel_disabled',
        channel_id: channel.id,
        detail: channel.disabled_reason,
        occurred_at: channel.disabled_at!,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await appendEvents(transaction, events.channelDisabled, [
      { user_id: channel.user_id, data: { notice_id, channel_id: channel.id } },
    ]);
  }
}
