import { Inject, Injectable } from '@nestjs/common';
import {
  defaultNotificationPreferences,
  type ChangeAlert,
  type Channel,
  type Delivery,
  type DeliveryAttempt,
  type DeliveryStatus,
  type NoticeKind,
  type NotifyBehavior,
  type NotifyRequest,
  type Severity,
  type SourceWebhookEvent,
} from '@torale/contracts';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { sql } from 'kysely';
import type { PlannedDelivery, Recipient } from './plan-deliveries.ts';

/** What is told of an alert, whatever the channel. */
export interface AlertNotice extends Pick<
  ChangeAlert,
  | 'id'
  | 'user_query_id'
  | 'kind'
  | 'severity'
  | 'summary'
  | 'evidence'
  | 'source_url'
  | 'confidence'
  | 'created_at'
> {
  raw_query: string;
  notify_behavior: NotifyBehavior;
}

/** What is told of a source that fails or recovered, whatever the channel. */
export interface SourceNotice extends Omit<SourceWebhookEvent['data'], 'notice_id'> {
  id: string;
  kind: NoticeKind;
}

/** A delivery with all that its channel needs. */
export type PendingDelivery = {
  id: string;
  user_id: string;
  channel: Channel;
  target: string;
  /** Null for e-mail, and when the webhook was removed. */
  webhook_secret: string | null;
} & ({ alert: AlertNotice } | { notice: SourceNotice });

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

  /**
   * Locks the alert or the notice, so that of two calls for the same one the second sees what the first wrote.
   * A notice has no severity.
   */
  async lock(
    transaction: Transaction,
    about: NotifyRequest,
  ): Promise<{ user_id: string; severity: Severity | null } | undefined> {
    if ('alert_id' in about) {
      return transaction
        .selectFrom('change_alerts')
        .select(['user_id', 'severity'])
        .where('id', '=', about.alert_id)
        .forNoKeyUpdate()
        .executeTakeFirst();
    }
    const notice = await transaction
      .selectFrom('source_notices')
      .select('user_id')
      .where('id', '=', about.notice_id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    return notice && { ...notice, severity: null };
  }

  async listIds(transaction: Transaction, about: NotifyRequest): Promise<string[]> {
    const rows = await transaction
      .selectFrom('notification_deliveries')
      .select('id')
      .where((where) => where.and(about))
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(({ id }) => id);
  }

  async readRecipient(transaction: Transaction, userId: string): Promise<Recipient> {
    const preferences = await transaction
      .selectFrom('notification_preferences')
      .select(['email_enabled', 'email_address', 'webhook_enabled', 'min_severity'])
      .where('user_id', '=', userId)
      .executeTakeFirst();
    const account = await transaction
      .selectFrom('auth.users')
      .select('email')
      .where('id', '=', userId)
      .executeTakeFirstOrThrow();
    const webhooks = await transaction
      .selectFrom('webhook_endpoints')
      .select(['id', 'url'])
      .where('user_id', '=', userId)
      .execute();
    return {
      preferences: preferences ?? defaultNotificationPreferences,
      account_email: account.email,
      webhooks,
    };
  }

  async insert(
    transaction: Transaction,
    planned: (PlannedDelivery & NotifyRequest & { user_id: string })[],
  ): Promise<{ id: string; status: DeliveryStatus }[]> {
    if (planned.length === 0) return [];
    return transaction
      .insertInto('notification_deliveries')
      .values(planned)
      .returning(['id', 'status'])
      .execute();
  }

  async find(deliveryId: string): Promise<PendingDelivery | undefined> {
    const row = await this.database.kysely
      .selectFrom('notification_deliveries as delivery')
      .leftJoin('webhook_endpoints as webhook', 'webhook.id', 'delivery.webhook_endpoint_id')
      .where('delivery.id', '=', deliveryId)
      .select([
        'delivery.id',
        'delivery.user_id',
        'delivery.channel',
        'delivery.target',
        'delivery.alert_id',
        'delivery.notice_id',
        'webhook.secret as webhook_secret',
      ])
      .executeTakeFirst();
    if (!row) return undefined;
    const { alert_id, notice_id, ...delivery } = row;
    const alert = alert_id === null ? undefined : await this.findAlert(alert_id);
    if (alert) return { ...delivery, alert };
    const notice = notice_id === null ? undefined : await this.findNotice(notice_id);
    return notice && { ...delivery, notice };
  }

  private findAlert(id: string): Promise<AlertNotice | undefined> {
    return this.database.kysely
      .selectFrom('change_alerts as alert')
      .innerJoin('user_queries as query', 'query.id', 'alert.user_query_id')
      .where('alert.id', '=', id)
      .select([
        'alert.id',
        'alert.user_query_id',
        'alert.kind',
        'alert.severity',
        'alert.summary',
        'alert.evidence',
        'alert.source_url',
        'alert.confidence',
        'alert.created_at',
        'query.raw_query',
        'query.notify_behavior',
      ])
      .executeTakeFirst();
  }

  private findNotice(id: string): Promise<SourceNotice | undefined> {
    return this.database.kysely
      .selectFrom('source_notices as notice')
      .innerJoin('monitored_sources as source', 'source.id', 'notice.source_id')
      .innerJoin('user_queries as query', 'query.id', 'notice.user_query_id')
      .where('notice.id', '=', id)
      .select([
        'notice.id',
        'notice.kind',
        'notice.source_id',
        'source.url as source_url',
        'notice.user_query_id',
        'query.raw_query',
        'notice.outcome',
        'notice.detail',
        'notice.failing_since',
        'notice.created_at',
      ])
      .$castTo<SourceNotice>()
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
