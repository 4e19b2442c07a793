import { Inject, Injectable } from '@nestjs/common';
import { Webhook } from 'standardwebhooks';
import { signRequest } from '../signatures/sign-request.ts';
import { WEBHOOK_SIGNING_KEYS, type WebhookSigningKeys } from '../signatures/webhook-signing-keys.ts';
import { ChannelHttp, receiptOf, refusalOf } from './channel-http.ts';
import type { DeliveryChannel, OutgoingMessage, Receipt } from './delivery-channel.ts';
import { settingsFor } from './settings-for.ts';
import { webhookEventOf } from './webhook-event.ts';

/**
 * POSTs to an address of the user's. Signed as Standard Webhooks (https://www.standardwebhooks.com) with each of the
 * channel's secrets, and where it is chosen by RFC 9421 too.
 */
@Injectable()
export class WebhookChannel implements DeliveryChannel {
  readonly provider = 'webhook';

  constructor(
    @Inject(ChannelHttp) private readonly http: ChannelHttp,
    @Inject(WEBHOOK_SIGNING_KEYS) private readonly keys: WebhookSigningKeys,
  ) {}

  async send(message: OutgoingMessage): Promise<Receipt> {
    const url = addressOf(message.target);
    const body = JSON.stringify(webhookEventOf(message.told));
    const now = new Date();
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Torale-Webhooks/1.0',
      'webhook-id': message.id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': message.secrets
        .map((secret) => new Webhook(secret).sign(message.id, now, body))
        .join(' '),
    };
    const signature = message.http_message_signatures
      ? await signRequest({ method: 'POST', url, headers, body }, this.keys.current, now)
      : {};
    // Torale's own come last: no header of the user's takes the place of one.
    const own = settingsFor(message, 'webhook').headers;
    const answer = await this.http.post(url, { ...own, ...headers, ...signature }, body);
    if (answer.ok) return receiptOf(answer);
    throw refusalOf('The webhook', answer);
  }
}

/** As it is sent, without what stays at home. */
function addressOf(target: string): string {
  const url = new URL(target);
  url.hash = '';
  return url.href;
}
