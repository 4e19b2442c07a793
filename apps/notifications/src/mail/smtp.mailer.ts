import { createTransport } from 'nodemailer';
import { z } from 'zod';
import { DeliveryFailure, type FailureKind } from '../channels/delivery-failure.ts';
import { singleLine } from '../single-line.ts';
import type { MailSettings } from './mail-settings.ts';
import { automaticMailHeaders, messageIdOf, type Mail, type Mailer } from './mailer.ts';

const smtpErrorSchema = z.object({
  message: z.string(),
  /** Nodemailer's own name of the error, on everything that the connection or the server did. */
  code: z.string(),
  responseCode: z.int().optional(),
  permanent: z.boolean().optional(),
});

/** E-mails through a mail server. */
export class SmtpMailer implements Mailer {
  readonly provider = 'smtp';
  private readonly transport;

  constructor(private readonly settings: Extract<MailSettings, { provider: 'smtp' }>) {
    this.transport = createTransport({
      url: settings.url,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async send(mail: Mail): Promise<number | null> {
    try {
      const { response } = await this.transport.sendMail({
        from: this.settings.from,
        to: { name: '', address: mail.to },
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        messageId: messageIdOf(mail, this.settings.from),
        headers: automaticMailHeaders,
        signal: AbortSignal.timeout(this.settings.timeoutMs),
      });
      return Number.parseInt(response, 10) || null;
    } catch (error) {
      const known = smtpErrorSchema.safeParse(error);
      if (!known.success) throw error;
      const { message, responseCode } = known.data;
      throw new DeliveryFailure(kindOf(known.data), singleLine(message, 300), responseCode ?? null);
    }
  }
}

/** Refused credentials are the operator's to mend: the alerts of that hour are not given up. */
function kindOf({ code, permanent }: z.infer<typeof smtpErrorSchema>): FailureKind {
  return permanent && code !== 'EAUTH' ? 'permanent' : 'transient';
}
