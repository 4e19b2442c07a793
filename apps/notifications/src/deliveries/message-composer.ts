import { Inject, Injectable } from '@nestjs/common';
import { sealedChannelSettingsSchema } from '@torale/contracts';
import { SEALER, type Sealer } from '@torale/secrets';
import { LRUCache } from 'lru-cache';
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

/** Opening costs more than all the rest of a message; for so long it is not done again, milliseconds. */
const openForMs = 60_000;

/** Opens what is sealed of a channel. */
@Injectable()
export class MessageComposer {
  private readonly opened = new LRUCache<string, Promise<unknown>>({ max: 1_000, ttl: openForMs });

  constructor(@Inject(SEALER) private readonly sealer: Sealer) {}

  /** Rejects with SealError when something was sealed with another key. */
  async compose(
    { user_id, channel_id, target, http_message_signatures, settings_sealed, secrets }: StoredChannel,
    { id, told }: Pick<OutgoingMessage, 'id' | 'told'>,
  ): Promise<OutgoingMessage> {
    const settings = settings_sealed === null ? null : await this.open(user_id, settings_sealed);
    const opened = await Promise.all(secrets.map((sealed) => this.open(user_id, sealed)));
    return {
      id,
      user_id,
      channel_id,
      target,
      settings: settings === null ? null : sealedChannelSettingsSchema.parse(settings),
      secrets: opened as string[],
      http_message_signatures,
      told,
    };
  }

  private open(userId: string, sealed: string): Promise<unknown> {
    const key = `${userId} ${sealed}`;
    const known = this.opened.get(key);
    if (known) return known;
    const opening = this.sealer.open(userId, sealed);
    this.opened.set(key, opening);
    opening.catch(() => this.opened.delete(key));
    return opening;
  }
}
