import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Database } from '@torale/database';
import { sql } from 'kysely';
import type { AlertNotice, Digest, Notice, Told } from '../channels/told.ts';

/** Which of a delivery's subjects it is; exactly one is not null. */
export interface Subject {
  alert_id: string | null;
  notice_id: string | null;
  digest_id: string | null;
}

/** Reads what is told. */
@Injectable()
export class ToldRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** What each subject tells, in their order; undefined for one that is gone. */
  async read(subjects: Subject[]): Promise<(Told | undefined)[]> {
    const digestIds = named(subjects, 'digest_id');
    const members = await this.readMembers(digestIds);
    const all = [...subjects, ...members];
    const [alerts, notices, digests] = await Promise.all([
      this.readAlerts(named(all, 'alert_id')),
      this.readNotices(named(all, 'notice_id')),
      this.readDigests(digestIds),
    ]);
    return subjects.map(({ alert_id, notice_id, digest_id }): Told | undefined => {
      const alert = alert_id !== null && alerts.get(alert_id);
      if (alert) return { type: 'alert', alert };
      const notice = notice_id !== null && notices.get(notice_id);
      if (notice) return { type: 'notice', notice };
      const digest = digest_id !== null && digests.get(digest_id);
      if (!digest) return undefined;
      const inIt = members.filter((member) => member.in_digest_id === digest_id);
      const told = {
        alerts: inIt.flatMap((member) => alerts.get(member.alert_id ?? '') ?? []),
        notices: inIt.flatMap((member) => notices.get(member.notice_id ?? '') ?? []),
      };
      const count = told.alerts.length + told.notices.length;
      if (count === 0) return undefined;
      // One thing is told as if it had come alone.
      if (count === 1) {
        const [only] = told.alerts;
        return only ? { type: 'alert', alert: only } : { type: 'notice', notice: told.notices[0]! };
      }
      return { type: 'digest', digest: { ...digest, ...told } };
    });
  }

  private async readMembers(digestIds: string[]) {
    if (digestIds.length === 0) return [];
    return this.database.kysely
      .selectFrom('notification_deliveries')
      .select(['in_digest_id', 'alert_id', 'notice_id', 'digest_id'])
      .where('in_digest_id', 'in', digestIds)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
  }

  /** An alert of the user's; undefined when it is not. */
  findAlert(userId: string, alertId: string): Promise<AlertNotice | undefined> {
    return this.selectAlerts()
      .where('alert.id', '=', alertId)
      .where('alert.user_id', '=', userId)
      .executeTakeFirst();
  }

  private async readAlerts(ids: string[]): Promise<Map<string, AlertNotice>> {
    if (ids.length === 0) return new Map();
    return byId(await this.selectAlerts().where('alert.id', 'in', ids).execute());
  }

  private selectAlerts() {
    return this.database.kysely
      .selectFrom('change_alerts as alert')
      .innerJoin('user_queries as query', 'query.id', 'alert.user_query_id')
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
      ]);
  }

  private async readNotices(ids: string[]): Promise<Map<string, Notice>> {
    if (ids.length === 0) return new Map();
    const notices = await this.database.kysely
      .selectFrom('notices as notice')
      .leftJoin('monitored_sources as source', 'source.id', 'notice.source_id')
      .leftJoin('user_queries as query', 'query.id', 'notice.user_query_id')
      .leftJoin('notification_channels as channel', 'channel.id', 'notice.channel_id')
      .where('notice.id', 'in', ids)
      .select([
        'notice.id',
        'notice.kind',
        'notice.source_id',
        'source.url as source_url',
        'notice.user_query_id',
        'query.raw_query',
        'notice.channel_id',
        sql<string | null>`channel.kind || ' ' || channel.target`.as('channel'),
        'notice.outcome',
        'notice.detail',
        'notice.occurred_at',
        'notice.created_at',
      ])
      .$castTo<Notice>()
      .execute();
    return byId(notices);
  }

  private async readDigests(ids: string[]): Promise<Map<string, Pick<Digest, 'id' | 'due_at'>>> {
    if (ids.length === 0) return new Map();
    const digests = await this.database.kysely
      .selectFrom('notification_digests')
      .select(['id', 'due_at'])
      .where('id', 'in', ids)
      .execute();
    return byId(digests);
  }
}

const named = (subjects: Subject[], column: keyof Subject): string[] => [
  ...new Set(subjects.flatMap((subject) => subject[column] ?? [])),
];
const byId = <Row extends { id: string }>(rows: Row[]) => new Map(rows.map((row) => [row.id, row]));
