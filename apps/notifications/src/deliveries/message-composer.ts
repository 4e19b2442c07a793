import { Inject, Injectable } from '@nestjs/common';
import { type SealedChannelSettings, sealedChannelSettingsSchema } from '@torale/contracts';
import { SEALER, type Sealer } from '@torale/secrets';
import type { OutgoingMessage } from '../channels/delivery-channel.ts';

/** A channel as it is stored. */
export type StoredChannel = Pick<
  OutgoingMessage,
  'user_id' | 'channel_id' | 'target' | 'http_message_signatures'
> & {
  settings_sealed: string | null;
  /** Sealed. */
  secrets: string[];
};

/** Opens what is sealed of a channel. */
@Injectable()
export class MessageComposer {
  constructor(@Inject(SEALER) private readonly sealer: Sealer) {}

  /** Rejects with SealError when something was sealed with another key. */
  async compose(
    { user_id, channel_id, target, http_message_signatures, settings_sealed, secrets }: StoredChannel,
    { id, told }: Pick<OutgoingMessage, 'id' | 'told'>,
  ): Promise<OutgoingMessage> {
    return {
      id,
      user_id,
      channel_id,
      target,
      settings: settings_sealed === null ? null : await this.openSettings(user_id, settings_sealed),
      secrets: await Promise.all(
        secrets.map(async (sealed) => (await this.sealer.open(user_id, sealed)) as string),
      ),
      http_message_signatures,
      told,
    };
  }

  private async openSettings(userId: string, sealed: string): Promise<SealedChannelSettings> {
    return sealedChannelSettingsSchema.parse(await this.sealer.open(userId, sealed));
  }
}
