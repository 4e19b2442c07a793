import { Inject, Injectable } from '@nestjs/common';
import { type MessageTemplates, messageTemplatesSchema, type TemplateKind } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import type { AlertNotice } from '../channels/told.ts';

@Injectable()
export class TemplatesRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** Empty when the user has none; what was written past the API and is not of the shape counts as none. */
  async find(userId: string, kind: TemplateKind): Promise<MessageTemplates> {
    const row = await this.database.kysely
      .selectFrom('notification_templates')
      .select('templates')
      .where('user_id', '=', userId)
      .where('kind', '=', kind)
      .executeTakeFirst();
    return messageTemplatesSchema.safeParse(row?.templates).data ?? {};
  }

  /** Undefined when it is not the user's. */
  async findAlert(userId: string, alertId: string): Promise<AlertNotice | undefined> {
    return this.database.kysely
      .selectFrom('change_alerts as alert')
      .innerJoin('user_queries as query', 'query.id', 'alert.user_query_id')
      .where('alert.id', '=', alertId)
      .where('alert.user_id', '=', userId)
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
}
