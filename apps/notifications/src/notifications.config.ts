import { defineConfig } from '@torale/contracts';
import addressparser from 'nodemailer/lib/addressparser';
import { z } from 'zod';

const mailFromSchema = z.string().transform((value, context) => {
  const [mailbox, ...others] = addressparser(value, { flatten: true });
  if (others.length > 0 || !z.email().safeParse(mailbox?.address).success) {
    context.addIssue('must be one address, such as `Torale <alerts@example.com>`');
    return z.NEVER;
  }
  return { name: mailbox!.name, address: mailbox!.address };
});

const vapidKeySchema = (bytes: number) =>
  z
    .base64url()
    .refine((key) => Buffer.from(key, 'base64url').length === bytes, `must be ${bytes} bytes in base64url`);

export const notificationsConfig = defineConfig('notifications', {
  DELIVERY_MAX_ATTEMPTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(300)
    .default(100)
    .meta({ description: 'Attempts at a delivery before it is given up; 100 last about a day.' }),
  DELIVERY_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(20_000)
    .default(10_000)
    .meta({ description: 'How long a mail provider or a webhook may take to answer, milliseconds.' }),
  WEBHOOK_DISABLE_AFTER_HOURS: z.coerce.number().positive().max(10_000).default(120).meta({
    description:
      'A channel, other than e-mail, of which every attempt has failed for so long is disabled, and its owner told.',
  }),
  MAIL_FROM: mailFromSchema.optional().meta({
    description:
      'Sender of e-mails, e.g. `Torale <alerts@example.com>`. Needed with SENDGRID_API_KEY and SMTP_URL.',
  }),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .meta({
      description:
        'Where people reach Torale from outside, the app and `/api/v1`, e.g. `https://torale.example.com`. Mails link there; without it they have no link to the alert and none to unsubscribe.',
    }),
  SENDGRID_API_KEY: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Send e-mails through SendGrid; comes before SMTP_URL.' }),
  SENDGRID_BASE_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://api.sendgrid.com')
    .meta({ description: 'Where the SendGrid API is, e.g. `https://api.eu.sendgrid.com`.' }),
  TELEGRAM_BASE_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .default('https://api.telegram.org')
    .meta({ description: 'Where the Telegram Bot API is, for who runs a server of it.' }),
  VAPID_PUBLIC_KEY: vapidKeySchema(65)
    .optional()
    .meta({
      description:
        'Key pair of Web Push: `npx web-push generate-vapid-keys`. Without it containers send no Web Push; ' +
        '`npm start` makes one in its data folder.',
    }),
  VAPID_PRIVATE_KEY: vapidKeySchema(32).optional().meta({ description: 'Its private half.' }),
  VAPID_SUBJECT: z
    .url({ protocol: /^(https|mailto)$/ })
    .default('https://torale.dev')
    .meta({ description: 'Whom push services may turn to: a `mailto:` or `https:` URL of yours.' }),
  SENDGRID_WEBHOOK_PUBLIC_KEY: z.base64().optional().meta({
    description:
      'Verification key of SendGrid’s signed event webhook, whose address is `/api/v1/provider-events/sendgrid`. Without it that address is not there.',
  }),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .meta({
      description:
        'Send e-mails through this server, e.g. `smtps://user:password@mail.example.com`. ' +
        'With neither provider, e-mails are kept in the outbox.',
    }),
});
