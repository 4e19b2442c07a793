import { Inject, Injectable } from '@nestjs/common';
import { MAILER, type Mailer } from '../mail/mailer.ts';
import { MESSAGE_RENDERER, type MessageRenderer } from '../templates/message-renderer.ts';
import { unsubscribeHeaders } from '../unsubscribe/unsubscribe-headers.ts';
import type { DeliveryChannel, OutgoingMessage, Receipt } from './delivery-channel.ts';

@Injectable()
export class EmailChannel implements DeliveryChannel {
  constructor(
    @Inject(MESSAGE_RENDERER) private readonly renderer: MessageRenderer,
    @Inject(MAILER) private readonly mailer: Mailer,
  ) {}

  get provider() {
    return this.mailer.provider;
  }

  async send(message: OutgoingMessage): Promise<Receipt> {
    const { title, text, html, unsubscribe_url } = await this.renderer.render('email', message);
    const receipt = await this.mailer.send({
      message_id: message.id,
      user_id: message.user_id,
      to: message.target,
      subject: title,
      text,
      html,
      headers: unsubscribe_url === null ? {} : unsubscribeHeaders(unsubscribe_url),
    });
    return { ...receipt, response_excerpt: null };
  }
}
