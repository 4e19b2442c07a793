import type { Mail, Mailer, MailReceipt } from './mailer.ts';
import type { OutboxRepository } from './outbox.repository.ts';

/** Keeps e-mails where their owner can read them, instead of sending them; each exactly once. */
export class OutboxMailer implements Mailer {
  readonly provider = 'outbox';

  constructor(private readonly outbox: OutboxRepository) {}

  async send(mail: Mail): Promise<MailReceipt> {
    await this.outbox.keep(mail);
    return { response_status: null, provider_message_id: null };
  }
}
