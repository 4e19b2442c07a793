import { Injectable } from '@nestjs/common';
import {
  defaultNotificationPreferences,
  type NoticeKind,
  notificationPreferenceNames,
  type NotificationPreferences,
  type NotifyRequest,
  quietHoursSchema,
  type Severity,
  timeZoneSchema,
} from '@torale/contracts';
import type { DatabaseSchema, Transaction } from '@torale/database';
import { type Kysely, type RawBuilder, type Selectable, sql, type Updateable } from 'kysely';
import { jsonArrayFrom, jsonObjectFrom } from 'kysely/helpers/postgres';
import type { About, Channel, QueryWishes, Recipient } from './plan-deliveries.ts';

/** An alert or a notice, as far as it matters for when it is told. */
export interface Subject {
  about: About;
  query: QueryWishes | null;
}

/** A transaction, or the database where none is needed. */
export type Executor = Kysely<DatabaseSchema>;

type DeliveriesTable = DatabaseSchema['notification_deliveries'];

/** A delivery that has not been sent, with what it tells; `subject` is null for a digest. */
export interface WaitingDelivery extends Pick<
  Selectable<DeliveriesTable>,
  'id' | 'user_id' | 'alert_id' | 'notice_id' | 'digest_id' | 'in_digest_id' | 'channel_id' | 'not_before'
> {
  /** How often it was tried: the other side may have it. */
  attempts: number;
  /** Its owner has asked for it once more. */
  is_replay: boolean;
  subject: Subject | null;
}

/** Where a plan puts a delivery. */
export type Place = Required<
  Pick<Updateable<DeliveriesTable>, 'status' | 'reason' | 'not_before' | 'in_digest_id'>
>;

const untried = sql<boolean>`delivery.attempts = '[]'`;

@Injectable()
export class PlanningRepository {
  /**
   * From here to the end of the transaction nobody else plans for this user: what is counted stays true, and a digest
   * is not sent while it is joined.
   */
  async lockUser(transaction: Transaction, userId: string): Promise<void> {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`torale.planning ${userId}`}, 0))`.execute(
      transaction,
    );
  }

  /** Whose an alert or a notice is. */
  async findOwner(transaction: Transaction, about: NotifyRequest): Promise<string | undefined> {
    const row =
      'alert_id' in about
        ? await transaction
            .selectFrom('change_alerts')
            .select('user_id')
            .where('id', '=', about.alert_id)
            .executeTakeFirst()
        : await transaction
            .selectFrom('notices')
            .select('user_id')
            .where('id', '=', about.notice_id)
            .executeTakeFirst();
    return row?.user_id;
  }

  async findSubject(transaction: Transaction, about: NotifyRequest): Promise<Subject | undefined> {
    const { rows } = await sql<SubjectRow>`
      select ${subjectColumns}
      from ${
        'alert_id' in about
          ? sql`change_alerts alert left join notices notice on false`
          : sql`notices notice left join change_alerts alert on false`
      }
      ${queryJoin}
      where ${'alert_id' in about ? sql`alert.id = ${about.alert_id}` : sql`notice.id = ${about.notice_id}`}
    `.execute(transaction);
    return rows[0] && subjectOf(rows[0])!;
  }

  /** Those that are queued. */
  async listWaiting(executor: Executor, deliveryIds: readonly string[]): Promise<WaitingDelivery[]> {
    return this.waiting(executor, sql`delivery.id = any(${deliveryIds}::uuid[])`);
  }

  /** In the order in which they were planned. */
  async listMembers(transaction: Transaction, digestId: string): Promise<WaitingDelivery[]> {
    return this.waiting(transaction, sql`delivery.in_digest_id = ${digestId}`);
  }

  /** What is held for a user and was never tried, alone or as a part of a digest. */
  async listHeld(transaction: Transaction, userId: string): Promise<WaitingDelivery[]> {
    return this.waiting(
      transaction,
      sql`delivery.user_id = ${userId} and delivery.digest_id is null and ${untried} and delivery.sent_at is null
        and (delivery.not_before is not null or delivery.in_digest_id is not null)
        and not exists (
          select from notification_deliveries digest
          where digest.digest_id = delivery.in_digest_id and (digest.status <> 'queued' or digest.attempts <> '[]'))`,
    );
  }

  private async waiting(executor: Executor, condition: RawBuilder<unknown>): Promise<WaitingDelivery[]> {
    const { rows } = await sql<SubjectRow & Omit<WaitingDelivery, 'subject'>>`
      select delivery.id, delivery.user_id, delivery.alert_id, delivery.notice_id, delivery.digest_id,
        delivery.in_digest_id, delivery.channel_id, delivery.not_before,
        jsonb_array_length(delivery.attempts) as attempts, delivery.replayed_at is not null as is_replay,
        ${subjectColumns}
      from notification_deliveries delivery
      left join change_alerts alert on alert.id = delivery.alert_id
      left join notices notice on notice.id = delivery.notice_id
      ${queryJoin}
      where delivery.status = 'queued' and ${condition}
      order by delivery.created_at, delivery.id
    `.execute(executor);
    return rows.map((row) => ({
      id: row.id,
      user_id: row.user_id,
      alert_id: row.alert_id,
      notice_id: row.notice_id,
      digest_id: row.digest_id,
      in_digest_id: row.in_digest_id,
      channel_id: row.channel_id,
      not_before: row.not_before,
      attempts: row.attempts,
      is_replay: row.is_replay,
      subject: subjectOf(row),
    }));
  }

  async readRecipient(transaction: Transaction, userId: string): Promise<Recipient> {
    return (await this.readRecipients(transaction, [userId])).get(userId)!;
  }

  async readRecipients(executor: Executor, userIds: readonly string[]): Promise<Map<string, Recipient>> {
    if (userIds.length === 0) return new Map();
    const rows = await executor
      .selectFrom(sql<{ id: string }>`unnest(${userIds}::uuid[])`.as<'recipient'>(sql`recipient (id)`))
      .select(({ selectFrom }) => [
        'recipient.id',
        jsonObjectFrom(
          selectFrom('notification_preferences')
            .select(notificationPreferenceNames)
            .whereRef('user_id', '=', 'recipient.id'),
        ).as('preferences'),
        jsonArrayFrom(
          selectFrom('notification_channels')
            .select(['id', 'kind', 'target', 'status', 'is_default', 'muted'])
            .whereRef('user_id', '=', 'recipient.id')
            .orderBy('created_at')
            .orderBy('id'),
        ).as('channels'),
      ])
      .execute();
    return new Map(
      rows.map(({ id, preferences, channels }) => [
        id,
        { preferences: usable(preferences ?? defaultNotificationPreferences), channels },
      ]),
    );
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

  /** Undefined when there already is one through this channel. */
  async insert(
    transaction: Transaction,
    delivery: Place & NotifyRequest & { user_id: string; channel: Channel | null },
  ): Promise<string | undefined> {
    const { channel, ...rest } = delivery;
    const row = await transaction
      .insertInto('notification_deliveries')
      .values({
        ...rest,
        channel_id: channel?.id ?? null,
        // Where there is no channel, it is the mail to the account that is missing.
        channel: channel?.kind ?? 'email',
        target: channel?.target ?? 'nowhere',
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    return row?.id;
  }

  async move(transaction: Transaction, deliveryId: string, place: Partial<Place>): Promise<void> {
    await transaction
      .updateTable('notification_deliveries')
      .set(place)
      .where('id', '=', deliveryId)
      .where('status', '=', 'queued')
      .execute();
  }

  /**
   * How many messages a channel was told between two instants, is being told, or will be: by one that is tried again,
   * or by a digest that is due before the second. `except` is not counted.
   */
  async countMessages(
    transaction: Transaction,
    channelId: string,
    day: { begins: Date; ends: Date },
    except: string,
  ): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from notification_deliveries
      where channel_id = ${channelId} and in_digest_id is null and id <> ${except} and (
        (sent_at >= ${day.begins} and sent_at < ${day.ends})
        or (sent_at is null and (
          status = 'sending'
          or (status = 'queued' and (attempts <> '[]' or (digest_id is not null and not_before < ${day.ends})))))
      )`.execute(transaction);
    return rows[0]!.count;
  }
}

/** Users can write the row past the API, and a fault in it must not keep an alert from them. */
const usable = (preferences: NotificationPreferences): NotificationPreferences => ({
  ...preferences,
  time_zone: timeZoneSchema.catch('UTC').parse(preferences.time_zone),
  quiet_hours: quietHoursSchema.nullable().catch(null).parse(preferences.quiet_hours),
});

interface SubjectRow extends Partial<QueryWishes> {
  severity: Severity | null;
  notice_kind: NoticeKind | null;
  notice_channel_id: string | null;
  has_query: boolean;
}

const subjectColumns = sql`alert.severity, notice.kind as notice_kind, notice.channel_id as notice_channel_id,
  query.id is not null as has_query, query.channel_ids, query.muted, query.snoozed_until,
  query.unsubscribed_channel_ids`;
const queryJoin = sql`left join user_queries query
  on query.id = coalesce(alert.user_query_id, notice.user_query_id)`;

function subjectOf(row: SubjectRow): Subject | null {
  const { severity, notice_kind, notice_channel_id, has_query } = row;
  const about: About | null = severity
    ? { type: 'alert', severity }
    : notice_kind && { type: 'notice', kind: notice_kind, channel_id: notice_channel_id };
  if (!about) return null;
  const { channel_ids, muted, snoozed_until, unsubscribed_channel_ids } = row as QueryWishes;
  return { about, query: has_query ? { channel_ids, muted, snoozed_until, unsubscribed_channel_ids } : null };
}
