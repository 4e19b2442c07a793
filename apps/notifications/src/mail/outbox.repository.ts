import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Database } from '@torale/database';
import type { Mail } from './mailer.ts';

@Injectable()
export class OutboxRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** A second mail of the same delivery changes nothing. */
  async keep(mail: Mail): Promise<void> {
    await this.database.kysely
      .insertInto('outbox_emails')
      .values({
        user_id: mail.user_id,
        delivery_id: mail.delivery_id,
        to_address: mail.to,
        subject: mail.subject,
        text_body: mail.text,
        html_body: mail.html,
      })
      .onConflict((conflict) => conflict.column('delivery_id').doNothing())
      .execute();
  }
}
