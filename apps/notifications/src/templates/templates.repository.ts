import { Inject, Injectable } from '@nestjs/common';
import { type MessageTemplates, messageTemplatesSchema, type TemplateKind } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';

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
}
