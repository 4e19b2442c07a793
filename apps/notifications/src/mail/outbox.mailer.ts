import type { Mail, Mailer } from './mailer.ts';
import type { OutboxRepository } from './outbox.repository.ts';

/** Keeps e-mails where their owner can read them, instead of sending them; each exactly once. */
export class OutboxMailer implements Mailer {
  readonly provider = 'outbox';

  constructor(private readonly outbox: OutboxRepository) {}

  async send(mail: Mail): Promise<null> {
    await this.outbox.keep(mail);
    return null;
  }
}
