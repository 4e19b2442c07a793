import { Inject, Injectable } from '@nestjs/common';
import {
  type ChannelKind,
  type DeliveryAttempt,
  type DeliveryProvider,
  type DeliveryStatus,
  events,
} from '@torale/contracts';
import { DATABASE, type Database, type DatabaseSchema } from '@torale/database';
import { appendEventsOf } from '@torale/events';
import { type Kysely, sql } from 'kysely';
import { unusable } from '../channels/unusable.ts';
import type { Subject } from './told.repository.ts';

/** A delivery that was taken for an attempt, with its channel as it is stored. */
export interface ClaimedDelivery extends Subject {
  id: string;
  user_id: string;
  channel_id: string;
  channel: ChannelKind;
  target: string;
  settings_sealed: string | null;
  http_message_signatures: boolean;
  /** Sealed, unexpired, the newest first. */
  secrets: string[];
  /** The number of the attempt, 1 for the first: whoever settles it names it. */
  attempt: number;
  /** Of them, those that count for nothing any more. */
  earlier_attempts: number;
}

/** A delivery of which no attempt is to be made now. */
export interface UnclaimedDelivery {
  id: string;
  attempt: null;
  status: DeliveryStatus;
  reason: string | null;
  /** When it may be tried, seconds from now; null when never again. */
  retry_after_seconds: number | null;
}

/** How an attempt ended. */
export type AttemptRecord = Omit<DeliveryAttempt, 'at'>;

export interface AttemptOutcome {
  id: string;
  attempt: number;
  record: AttemptRecord;
  status: 'sent' | 'queued' | 'failed';
  provider_message_id: string | null;
  /** For how long the other side wants to be left alone. */
  retry_after_seconds: number | null;
}

/** What an attempt is recorded as while it is under way, and for good if its process dies. */
const openAttempt: AttemptRecord = {
  ok: false,
  response_status: null,
  error: 'No outcome was recorded: the attempt is under way or was interrupted.',
  duration_ms: 0,
};

const secondsUntil = (moment: ReturnType<typeof sql>) =>
  sql`ceil(extract(epoch from ${moment} - clock_timestamp()))::int`;

@Injectable()
export class DeliveriesRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /**
   * Takes deliveries for one attempt each and opens its entry in `attempts`. Not taken is what is settled, what is
   * held, what is told in a digest, and what another attempt, younger than `leaseMs`, is under way for; an older one is
   * taken to be dead. What has no channel to go through is settled: as failed if its channel broke while it was
   * attempted. An id that is not there is left out.
   */
  async claim(
    ids: readonly string[],
    providers: Record<ChannelKind, DeliveryProvider>,
    leaseMs: number,
    executor: Kysely<DatabaseSchema> = this.database.kysely,
  ): Promise<(ClaimedDelivery | UnclaimedDelivery)[]> {
    const { rows } = await sql<ClaimedDelivery | UnclaimedDelivery>`
      with wanted as (
        select delivery.*, channel.settings_sealed, channel.status as channel_status,
          -- Users can write the column past the API: what is no boolean must not fail the deliveries of others.
          coalesce(channel.settings -> 'http_message_signatures' = 'true', false) as http_message_signatures,
          (delivery.attempts -> -1 ->> 'at')::timestamptz + ${leaseMs} * interval '1 millisecond' as leased_until
        from notification_deliveries delivery
        left join notification_channels channel on channel.id = delivery.channel_id
        where delivery.id = any(${ids}::uuid[])
        order by delivery.id
        for no key update of delivery
      ), weighed as (
        select *,
          case
            when status not in ('queued', 'sending') then null
            when status = 'sending' and leased_until > clock_timestamp() then ${secondsUntil(sql`leased_until`)}
            when status = 'queued' and not_before > clock_timestamp() then ${secondsUntil(sql`not_before`)}
          end as wait,
          case
            when channel_status is null then ${unusable.removed}
            when channel_status = 'pending' then ${unusable.pending}
            when channel_status = 'disabled' then ${unusable.disabled}
          end as obstacle
        from wanted
      ), candidate as (
        select *, status in ('queued', 'sending') and wait is null and in_digest_id is null as is_due from weighed
      ), claimed as (
        update notification_deliveries delivery set
          status = 'sending', reason = null, not_before = null, provider = ${JSON.stringify(providers)}::jsonb ->> delivery.channel,
          attempts = delivery.attempts || (${JSON.stringify(openAttempt)}::jsonb || jsonb_build_object(
            'at', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
        from candidate where delivery.id = candidate.id and is_due and obstacle is null
        returning delivery.id, jsonb_array_length(delivery.attempts) as attempt
      ), settled as (
        update notification_deliveries delivery set
          status = case when channel_status is null or delivery.attempts = '[]' then 'suppressed' else 'failed' end, reason = obstacle, not_before = null
        from candidate where delivery.id = candidate.id and is_due and obstacle is not null
        returning delivery.id, delivery.user_id, delivery.status, delivery.reason
      ), failed as (
        select user_id, id as delivery_id from settled where status = 'failed'
      ), failed_event as (
        ${appendEventsOf(events.deliveryFailed, 'failed')}
      )
      select candidate.id, candidate.user_id, candidate.alert_id, candidate.notice_id, candidate.digest_id, candidate.channel_id, candidate.channel,
        candidate.target, candidate.settings_sealed, candidate.http_message_signatures, candidate.earlier_attempts, claimed.attempt,
        case when claimed.id is not null then array(
          select secret_sealed from channel_secrets secret
          where secret.channel_id = candidate.channel_id and coalesce(secret.expires_at > clock_timestamp(), true)
          order by secret.created_at desc
        ) end as secrets,
        coalesce(settled.status, candidate.status) as status, coalesce(settled.reason, candidate.reason) as reason,
        candidate.wait as retry_after_seconds
      from candidate left join claimed on claimed.id = candidate.id left join settled on settled.id = candidate.id`.execute(
      executor,
    );
    return rows;
  }

  /**
   * Writes the outcomes of attempts, no two of one delivery, and the events that follow. What was sent is sent, even
   * when the lease ran out meanwhile; a failure counts only while no later attempt has taken over. What is told in a
   * digest shares its fate.
   * @returns the status that each delivery has now; those that are gone are left out
   */
  async settle(outcomes: readonly AttemptOutcome[]): Promise<Map<string, DeliveryStatus>> {
    const { rows } = await sql<{ id: string; status: DeliveryStatus }>`
      with outcome as (
        select * from jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb) as outcome (
          id uuid, attempt int, record jsonb, status text, provider_message_id text, retry_after_seconds float8)
      ), known as (
        select delivery.id, delivery.status as old_status, outcome.attempt, outcome.record, outcome.status,
          outcome.provider_message_id, outcome.retry_after_seconds,
          case
            when outcome.status = 'sent' then delivery.status not in ('delivered', 'bounced')
            else delivery.status = 'sending' and jsonb_array_length(delivery.attempts) = outcome.attempt
          end as counts
        from notification_deliveries delivery join outcome on outcome.id = delivery.id
        where delivery.id = any(${outcomes.map(({ id }) => id)}::uuid[])
        order by delivery.id
        for no key update of delivery
      ), settled as (
        update notification_deliveries delivery set
          attempts = jsonb_set(delivery.attempts, array[(known.attempt - 1)::text],
            (delivery.attempts -> (known.attempt - 1)) || known.record),
          status = case when counts then known.status else delivery.status end,
          reason = case when counts then known.record ->> 'error' else delivery.reason end,
          not_before = case when counts
            then clock_timestamp() + known.retry_after_seconds * interval '1 second' else delivery.not_before end,
          provider_message_id = coalesce(known.provider_message_id, delivery.provider_message_id),
          sent_at = case when known.status = 'sent'
            then coalesce(delivery.sent_at, clock_timestamp()) else delivery.sent_at end
        from known where delivery.id = known.id
        returning delivery.id, delivery.user_id, delivery.channel_id, delivery.status, known.old_status,
          known.status = 'sent' as ok
      ), healing as (
        -- After an outage many settlements heal the same channels: in one order, none locks another out.
        select id from notification_channels
        where id in (select channel_id from settled where ok) and failing_since is not null
        order by id
        for no key update
      ), healed as (
        update notification_channels channel set failing_since = null
        from healing where channel.id = healing.id
      ), succeeded as (
        select user_id, id as delivery_id from settled where status = 'sent' and status <> old_status
      ), failed as (
        select user_id, id as delivery_id from settled where status = 'failed' and status <> old_status
      ), succeeded_event as (
        ${appendEventsOf(events.deliverySucceeded, 'succeeded')}
      ), failed_event as (
        ${appendEventsOf(events.deliveryFailed, 'failed')}
      )
      select id, status from settled`.execute(this.database.kysely);
    return new Map(rows.map(({ id, status }) => [id, status]));
  }

  /** Settles what nobody will attempt again as failed. Undefined when it is gone. */
  async giveUp(id: string, reason: string): Promise<DeliveryStatus | undefined> {
    const { rows } = await sql<{ status: DeliveryStatus }>`
      with given_up as (
        update notification_deliveries set status = 'failed', reason = coalesce(reason, ${reason}), not_before = null
        where id = ${id} and status in ('queued', 'sending')
        returning id, user_id, id as delivery_id, status
      ), failed_event as (
        ${appendEventsOf(events.deliveryFailed, 'given_up')}
      )
      select coalesce(given_up.status, delivery.status) as status
      from notification_deliveries delivery left join given_up on given_up.id = delivery.id
      where delivery.id = ${id}`.execute(this.database.kysely);
    return rows[0]?.status;
  }
}
