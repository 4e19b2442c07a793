import { createTransport } from 'nodemailer';
import { z } from 'zod';
import { DeliveryFailure, type FailureKind } from '../channels/delivery-failure.ts';
import { singleLine } from '../single-line.ts';
import type { MailSettings } from './mail-settings.ts';
import { automaticMailHeaders, messageIdOf, type Mail, type Mailer, type MailReceipt } from './mailer.ts';

const smtpErrorSchema = z.object({
  message: z.string(),
  /** Nodemailer's own name of the error, on everything that the connection or the server did. */
  code: z.string(),
  /** What the server was answering. */
  command: z.string().optional(),
  responseCode: z.int().optional(),
  permanent: z.boolean().optional(),
});

type SmtpError = z.infer<typeof smtpErrorSchema>;

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

  async send(mail: Mail): Promise<MailReceipt> {
    try {
      const { response } = await this.transport.sendMail({
        from: this.settings.from,
        to: { name: '', address: mail.to },
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        messageId: messageIdOf(mail, this.settings.from),
        headers: { ...automaticMailHeaders, ...mail.headers },
        signal: AbortSignal.timeout(this.settings.timeoutMs),
      });
      return { response_status: Number.parseInt(response, 10) || null, provider_message_id: null };
    } catch (error) {
      const known = smtpErrorSchema.safeParse(error);
      if (!known.success) throw error;
      throw failureOf(known.data);
    }
  }
}

/** What users are told: the server's words, but not where the operator's server is. */
function failureOf(error: SmtpError): DeliveryFailure {
  const { code, message, responseCode } = error;
  if (responseCode !== undefined) {
    return new DeliveryFailure(kindOf(error), singleLine(message, 300), responseCode);
  }
  const what = code === 'EABORT' ? 'did not answer in time' : `could not be reached (${code})`;
  return new DeliveryFailure('transient', `The mail server ${what}.`);
}

/**
 * Only a refused recipient or message stays refused. Refused credentials or a refused sender are the operator's to
 * mend: the alerts of that hour are not given up.
 */
function kindOf({ command, permanent }: SmtpError): FailureKind {
  return permanent && (command === 'RCPT TO' || command === 'DATA') ? 'permanent' : 'transient';
}
