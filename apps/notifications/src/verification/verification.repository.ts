import { Inject, Injectable } from '@nestjs/common';
import type { ChannelKind, NotificationChannel } from '@torale/contracts';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { sql } from 'kysely';
import type { StoredChannel } from '../deliveries/message-composer.ts';
import type { Purpose, SentWithinADay } from './sending-limits.ts';

export type VerifiableChannel = StoredChannel & { kind: ChannelKind; status: NotificationChannel['status'] };

interface Sending {
  purpose: Purpose;
  user_id: string;
  /** A keyed hash of the place. */
  destination: string;
}

@Injectable()
export class VerificationRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }

  /** The channel, which nobody else verifies until the transaction ends. */
  async lock(transaction: Transaction, channelId: string): Promise<VerifiableChannel | undefined> {
    const channel = await transaction
      .selectFrom('notification_channels')
      .where('id', '=', channelId)
      .select(['id as channel_id', 'user_id', 'kind', 'target', 'settings', 'settings_sealed', 'status'])
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!channel) return undefined;
    const secrets = await transaction
      .selectFrom('channel_secrets')
      .where('channel_id', '=', channelId)
      .where(sql<boolean>`coalesce(expires_at > clock_timestamp(), true)`)
      .orderBy('created_at', 'desc')
      .select('secret_sealed')
      .execute();
    const { settings, ...stored } = channel;
    return {
      ...stored,
      http_message_signatures: settings.http_message_signatures ?? false,
      secrets: secrets.map(({ secret_sealed }) => secret_sealed),
    };
  }

  /** What was sent; until the transaction ends nothing else is for this user. */
  async sentWithinADay(
    transaction: Transaction,
    { purpose, user_id, destination }: Sending,
  ): Promise<SentWithinADay> {
    await sql`select pg_advisory_xact_lock(hashtextextended(${user_id}, 0))`.execute(transaction);
    const summary = (condition: ReturnType<typeof sql<boolean>>) => sql`json_build_object(
      'count', count(*) filter (where ${condition}),
      'first_ago', coalesce(max(ago) filter (where ${condition}), 0),
      'last_ago', coalesce(min(ago) filter (where ${condition}), 0))`;
    const theirs = sql<boolean>`user_id = ${user_id}`;
    const there = sql<boolean>`destination = ${destination}`;
    const { rows } = await sql<SentWithinADay>`
      select ${summary(sql`${theirs} and ${there}`)} as to_place,
        ${summary(theirs)} as for_user, ${summary(there)} as for_anyone
      from (
        select user_id, destination, extract(epoch from clock_timestamp() - sent_at)::float8 as ago
        from sent_on_request
        where sent_at > clock_timestamp() - interval '1 day' and purpose = ${purpose} and (${theirs} or ${there})
      ) sent`.execute(transaction);
    return rows[0]!;
  }

  /** Forgets what is older than a day. */
  async noteSent(transaction: Transaction, sending: Sending): Promise<void> {
    await transaction
      .deleteFrom('sent_on_request')
      .where(sql<boolean>`sent_at < clock_timestamp() - interval '1 day'`)
      .execute();
    await transaction
      .insertInto('sent_on_request')
      .values({ ...sending, sent_at: sql<string>`clock_timestamp()` })
      .execute();
  }

  /** In place of an earlier one. When it expires. */
  async storeCode(
    transaction: Transaction,
    { channel_id, user_id }: Pick<VerifiableChannel, 'channel_id' | 'user_id'>,
    codeHash: string,
    minutes: number,
  ): Promise<string> {
    const code = {
      code_hash: codeHash,
      tries: 0,
      sent_at: sql<string>`clock_timestamp()`,
      expires_at: sql<string>`clock_timestamp() + ${minutes} * interval '1 minute'`,
    };
    const { expires_at } = await transaction
      .insertInto('channel_verifications')
      .values({ channel_id, user_id, ...code })
      .onConflict((conflict) => conflict.column('channel_id').doUpdateSet(code))
      .returning('expires_at')
      .executeTakeFirstOrThrow();
    return expires_at;
  }

  /** The code that is waited for, with one try more; undefined when there is none, it expired or no try is left. */
  async takeTry(
    transaction: Transaction,
    channelId: string,
    maxTries: number,
  ): Promise<{ code_hash: string; tries: number } | undefined> {
    return transaction
      .updateTable('channel_verifications')
      .set({ tries: sql<number>`tries + 1` })
      .where('channel_id', '=', channelId)
      .where('tries', '<', maxTries)
      .where(sql<boolean>`expires_at > clock_timestamp()`)
      .returning(['code_hash', 'tries'])
      .executeTakeFirst();
  }

  /** The code is used up; a channel that was disabled begins anew. */
  async markVerified(transaction: Transaction, channelId: string): Promise<void> {
    await transaction.deleteFrom('channel_verifications').where('channel_id', '=', channelId).execute();
    await transaction
      .updateTable('notification_channels')
      .set({
        status: 'verified',
        verified_at: sql<string>`clock_timestamp()`,
        failing_since: null,
        disabled_at: null,
        disabled_reason: null,
      })
      .where('id', '=', channelId)
      .execute();
  }
}
