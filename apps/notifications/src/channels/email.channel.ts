import { Inject, Injectable } from '@nestjs/common';
import { MAILER, type Mailer } from '../mail/mailer.ts';
import { renderAlertEmail } from '../templates/alert-email.ts';
import { renderSourceEmail } from '../templates/source-email.ts';
import type { Letter } from '../templates/letter.ts';
import type { DeliveryChannel, OutgoingMessage, Receipt } from './delivery-channel.ts';
import type { Told } from './told.ts';

@Injectable()
export class EmailChannel implements DeliveryChannel {
  constructor(@Inject(MAILER) private readonly mailer: Mailer) {}

  get provider() {
    return this.mailer.provider;
  }

  async send({ id, user_id, target, told }: OutgoingMessage): Promise<Receipt> {
    const response_status = await this.mailer.send({
      message_id: id,
      user_id,
      to: target,
      ...letterOf(told),
    });
    return { response_status, response_excerpt: null, provider_message_id: null };
  }
}

function letterOf(told: Told): Letter {
  switch (told.type) {
    case 'alert':
      return renderAlertEmail(told.alert);
    case 'notice':
      return renderSourceEmail(told.notice);
    default:
      throw new Error(`No mail tells a ${told.type} yet`);
  }
}
