import type { MailSettings } from './mail-settings.ts';
import type { Mailer } from './mailer.ts';
import { OutboxMailer } from './outbox.mailer.ts';
import type { OutboxRepository } from './outbox.repository.ts';
import { SendGridMailer } from './sendgrid.mailer.ts';
import { SmtpMailer } from './smtp.mailer.ts';

export function createMailer(settings: MailSettings, outbox: OutboxRepository): Mailer {
  switch (settings.provider) {
    case 'sendgrid':
      return new SendGridMailer(settings);
    case 'smtp':
      return new SmtpMailer(settings);
    case 'outbox':
      return new OutboxMailer(outbox);
  }
}
