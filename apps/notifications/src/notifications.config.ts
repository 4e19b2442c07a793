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
  MAIL_FROM: mailFromSchema.optional().meta({
    description:
      'Sender of e-mails, e.g. `Torale <alerts@example.com>`. Needed with SENDGRID_API_KEY and SMTP_URL.',
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
  SMTP_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .meta({
      description:
        'Send e-mails through this server, e.g. `smtps://user:password@mail.example.com`. ' +
        'With neither provider, e-mails are kept in the outbox.',
    }),
});
