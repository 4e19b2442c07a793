import type { ConfigOf } from '@torale/contracts';
import { ConfigError } from '@torale/service-host';
import type { notificationsConfig } from '../notifications.config.ts';
import type { MailAddress } from './mailer.ts';

/** Which provider carries e-mails, with everything it needs. */
export type MailSettings =
  | { provider: 'sendgrid'; apiKey: string; baseUrl: string; from: MailAddress; timeoutMs: number }
  | { provider: 'smtp'; url: string; from: MailAddress; timeoutMs: number }
  | { provider: 'outbox' };

/**
 * SendGrid when there is a key, else SMTP when there is a server, else the outbox.
 * @throws ConfigError when the provider lacks something
 */
export function mailSettingsOf(config: ConfigOf<typeof notificationsConfig>): MailSettings {
  const { SENDGRID_API_KEY: apiKey, SMTP_URL: url, MAIL_FROM: from, DELIVERY_TIMEOUT_MS: timeoutMs } = config;
  if (!apiKey && !url) return { provider: 'outbox' };
  if (!from) {
    const needs = apiKey ? 'SENDGRID_API_KEY' : 'SMTP_URL';
    throw new ConfigError([{ variable: 'MAIL_FROM', message: `is required together with ${needs}` }]);
  }
  if (apiKey) return { provider: 'sendgrid', apiKey, baseUrl: config.SENDGRID_BASE_URL, from, timeoutMs };
  return { provider: 'smtp', url: url!, from, timeoutMs };
}
