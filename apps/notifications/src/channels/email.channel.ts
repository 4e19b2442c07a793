import { Inject, Injectable } from '@nestjs/common';
import type { PendingDelivery } from '../deliveries.repository.ts';
import { MAILER, type Mailer } from '../mail/mailer.ts';
import { renderAlertEmail } from '../templates/alert-email.ts';
import { renderSourceEmail } from '../templates/source-email.ts';
import type { DeliveryChannel } from './delivery-channel.ts';

@Injectable()
export class EmailChannel implements DeliveryChannel {
  constructor(@Inject(MAILER) private readonly mailer: Mailer) {}

  get provider() {
    return this.mailer.provider;
  }

  send(delivery: PendingDelivery): Promise<number | null> {
    return this.mailer.send({
      delivery_id: delivery.id,
      user_id: delivery.user_id,
      to: delivery.target,
      ...('alert' in delivery ? renderAlertEmail(delivery.alert) : renderSourceEmail(delivery.notice)),
    });
  }
}
