import { Inject, Injectable } from '@nestjs/common';
import { MAILER, type Mailer } from '../mail/mailer.ts';
import { MESSAGE_RENDERER, type MessageRenderer } from '../templates/message-renderer.ts';
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
    const { title, text, html } = await this.renderer.render('email', message);
    const response_status = await this.mailer.send({
      message_id: message.id,
      user_id: message.user_id,
      to: message.target,
      subject: title,
      text,
      html,
    });
    return { response_status, response_excerpt: null, provider_message_id: null };
  }
}
