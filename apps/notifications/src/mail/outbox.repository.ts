import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Database } from '@torale/database';
import type { Mail } from './mailer.ts';

@Injectable()
export class OutboxRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** A second mail of the same message changes nothing. */
  async keep(mail: Mail): Promise<void> {
    await this.database.kysely
      .insertInto('outbox_emails')
      .values(({ selectFrom }) => ({
        user_id: mail.user_id,
        message_id: mail.message_id,
        // Codes and samples are no deliveries.
        delivery_id: selectFrom('notification_deliveries').select('id').where('id', '=', mail.message_id),
        to_address: mail.to,
        subject: mail.subject,
        text_body: mail.text,
        html_body: mail.html,
      }))
      .onConflict((conflict) => conflict.column('message_id').doNothing())
      .execute();
  }
}
