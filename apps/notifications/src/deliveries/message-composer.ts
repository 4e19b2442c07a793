import { Inject, Injectable } from '@nestjs/common';
import { sealedChannelSettingsSchema } from '@torale/contracts';
import { SEALER, type Sealer } from '@torale/secrets';
import type { OutgoingMessage } from '../channels/delivery-channel.ts';
import { DeliveryFailure } from '../channels/delivery-failure.ts';
import type { PendingDelivery } from './deliveries.repository.ts';
import { ToldRepository } from './told.repository.ts';

/** Delivery → message: reads what is told and opens what is sealed. */
@Injectable()
export class MessageComposer {
  constructor(
    @Inject(ToldRepository) private readonly told: ToldRepository,
    @Inject(SEALER) private readonly sealer: Sealer,
  ) {}

  /** Rejects with DeliveryFailure when the channel or what is told is gone, with SealError for another key. */
  async compose(delivery: PendingDelivery): Promise<OutgoingMessage> {
    const { id, user_id, channel_id, target, http_message_signatures } = delivery;
    if (channel_id === null) throw new DeliveryFailure('permanent', 'The channel was removed.');
    const [told] = await this.told.read([delivery]);
    if (!told) throw new DeliveryFailure('permanent', 'There is nothing left to tell.');
    const [settings, ...secrets] = await Promise.all(
      [delivery.settings_sealed, ...delivery.secrets].map((sealed) =>
        sealed === null ? null : this.sealer.open(user_id, sealed),
      ),
    );
    return {
      id,
      user_id,
      channel_id,
      target,
      settings: settings === null ? null : sealedChannelSettingsSchema.parse(settings),
      secrets: secrets as string[],
      http_message_signatures,
      told,
    };
  }
}
