import { Inject, Injectable } from '@nestjs/common';
import type { ChannelKind, Delivery, DeliveryAttempt, DeliveryStatus } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { sql } from 'kysely';
import type { Subject } from './told.repository.ts';

/** A delivery with its channel, as it is stored. */
export interface PendingDelivery extends Subject {
  id: string;
  user_id: string;
  /** Null when the channel is gone. */
  channel_id: string | null;
  channel: ChannelKind;
  target: string;
  settings_sealed: string | null;
  http_message_signatures: boolean;
  /** Sealed, unexpired, the newest first. */
  secrets: string[];
}

/** How an attempt ended. */
export type AttemptOutcome = Omit<DeliveryAttempt, 'at'>;

/** What an attempt is recorded as while it is under way, and for good if its process dies. */
const openAttempt: AttemptOutcome = {
  ok: false,
  response_status: null,
  error: 'No outcome was recorded: the attempt is under way or was interrupted.',
  duration_ms: 0,
};

@Injectable()
export class DeliveriesRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  async find(deliveryId: string): Promise<PendingDelivery | undefined> {
    return this.database.kysely
      .selectFrom('notification_deliveries as delivery')
      .leftJoin('notification_channels as channel', 'channel.id', 'delivery.channel_id')
      .where('delivery.id', '=', deliveryId)
      .select((expression) => [
        'delivery.id',
        'delivery.user_id',
        'delivery.alert_id',
        'delivery.notice_id',
        'delivery.digest_id',
        'delivery.channel_id',
        'delivery.channel',
        'delivery.target',
        'channel.settings_sealed',
        sql<boolean>`coalesce((channel.settings ->> 'http_message_signatures')::boolean, false)`.as(
          'http_message_signatures',
        ),
        sql<string[]>`array(${expression
          .selectFrom('channel_secrets as secret')
          .select('secret.secret_sealed')
          .whereRef('secret.channel_id', '=', 'delivery.channel_id')
          .where(sql<boolean>`coalesce(secret.expires_at > now(), true)`)
          .orderBy('secret.created_at', 'desc')})`.as('secrets'),
      ])
      .executeTakeFirst();
  }

  async readStatus(deliveryId: string): Promise<DeliveryStatus | undefined> {
    const row = await this.database.kysely
      .selectFrom('notification_deliveries')
      .select('status')
      .where('id', '=', deliveryId)
      .executeTakeFirst();
    return row?.status;
  }

  /**
   * Takes the delivery for one attempt and opens its entry in `attempts`. Undefined when it is not there to be taken:
   * it is settled, or another attempt is under way and younger than `leaseMs`. An older one is taken to be dead.
   * @returns the number of the attempt, 1 for the first
   */
  async claim(
    deliveryId: string,
    provider: NonNullable<Delivery['provider']>,
    leaseMs: number,
  ): Promise<number | undefined> {
    const leaseIsOver = sql<boolean>`coalesce(
      (attempts -> -1 ->> 'at')::timestamptz < clock_timestamp() - ${leaseMs} * interval '1 millisecond', true)`;
    const at = sql`to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
    const row = await this.database.kysely
      .updateTable('notification_deliveries')
      .set({
        status: 'sending',
        provider,
        attempts: sql`attempts || (${JSON.stringify(openAttempt)}::jsonb || jsonb_build_object('at', ${at}))`,
      })
      .where('id', '=', deliveryId)
      .where((where) =>
        where.or([where('status', '=', 'queued'), where.and([where('status', '=', 'sending'), leaseIsOver])]),
      )
      .returning(sql<number>`jsonb_array_length(attempts)`.as('number'))
      .executeTakeFirst();
    return row?.number;
  }

  /**
   * Writes the outcome of an attempt. What was sent is sent, even when the lease ran out meanwhile; a failure counts
   * only while no later attempt has taken over.
   * @returns the status that the delivery has now
   */
  async settle(
    deliveryId: string,
    attemptNumber: number,
    outcome: AttemptOutcome,
    status: 'sent' | 'queued' | 'failed',
  ): Promise<DeliveryStatus> {
    const index = sql`${attemptNumber - 1}::int`;
    const counts = outcome.ok
      ? sql`true`
      : sql`status = 'sending' and jsonb_array_length(attempts) = ${attemptNumber}::int`;
    const row = await this.database.kysely
      .updateTable('notification_deliveries')
      .set({
        attempts: sql`jsonb_set(attempts, array[(${index})::text],
          (attempts -> ${index}) || ${JSON.stringify(outcome)}::jsonb)`,
        status: sql`case when ${counts} then ${status} else status end`,
        ...(outcome.ok && { sent_at: sql<string>`coalesce(sent_at, clock_timestamp())` }),
      })
      .where('id', '=', deliveryId)
      .returning('status')
      .executeTakeFirstOrThrow();
    return row.status;
  }
}
