import sharedClient from '@sendgrid/client';
import sharedService from '@sendgrid/mail';
import { z } from 'zod';
import { DeliveryFailure, type FailureKind } from '../channels/delivery-failure.ts';
import { singleLine } from '../single-line.ts';
import type { MailSettings } from './mail-settings.ts';
import { automaticMailHeaders, messageIdOf, type Mail, type Mailer, type MailReceipt } from './mailer.ts';

// Both packages export one shared instance and, unknown to their types, the class beside it.
const { Client } = sharedClient as unknown as { Client: new () => typeof sharedClient };
const { MailService } = sharedService as unknown as { MailService: new () => typeof sharedService };

const responseErrorSchema = z.object({ code: z.int(), response: z.object({ body: z.unknown() }) });
const errorBodySchema = z.object({ errors: z.array(z.object({ message: z.string() })) });

/** E-mails through SendGrid's `v3/mail/send`. */
export class SendGridMailer implements Mailer {
  readonly provider = 'sendgrid';
  private readonly service = new MailService();

  constructor(private readonly settings: Extract<MailSettings, { provider: 'sendgrid' }>) {
    const client = new Client();
    client.setApiKey(settings.apiKey);
    client.setDefaultRequest('baseUrl', settings.baseUrl);
    this.service.setClient(client);
    this.service.setTimeout(settings.timeoutMs);
  }

  async send(mail: Mail): Promise<MailReceipt> {
    try {
      const [response] = await this.service.send({
        to: { email: mail.to },
        from: { email: this.settings.from.address, name: this.settings.from.name },
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        headers: {
          ...automaticMailHeaders,
          ...mail.headers,
          'Message-ID': messageIdOf(mail, this.settings.from),
        },
        // Comes back in SendGrid's events.
        customArgs: { delivery_id: mail.message_id },
        // The link to the source stays the link to the source.
        trackingSettings: { clickTracking: { enable: false }, openTracking: { enable: false } },
      });
      const messageId: unknown = response.headers['x-message-id'];
      return {
        response_status: response.statusCode,
        provider_message_id: typeof messageId === 'string' ? messageId : null,
      };
    } catch (error) {
      throw failureOf(error);
    }
  }
}

function failureOf(error: unknown): DeliveryFailure {
  const refused = responseErrorSchema.safeParse(error);
  if (!refused.success) {
    const reason = z.object({ code: z.string() }).safeParse(error).data?.code ?? 'unknown error';
    return new DeliveryFailure('transient', `SendGrid could not be reached (${reason}).`);
  }
  const { code, response } = refused.data;
  const body = errorBodySchema.safeParse(response.body);
  const reasons = body.success ? body.data.errors.map(({ message }) => message).join('; ') : '';
  return new DeliveryFailure(
    kindOf(code),
    `SendGrid answered ${code}${reasons && `: ${singleLine(reasons, 300)}`}`,
    code,
  );
}

/** A wrong or expired key (401, 403) is the operator's to mend: the alerts of that hour are not given up. */
function kindOf(status: number): FailureKind {
  if (status >= 500 || status === 429 || status === 408 || status === 401 || status === 403)
    return 'transient';
  return status === 400 || status === 413 ? 'permanent' : 'doubtful';
}
