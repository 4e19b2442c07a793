import type { ChannelKind, DeliveryProvider, SealedChannelSettings } from '@torale/contracts';
import type { Told } from './told.ts';

/** One message to one channel. */
export interface OutgoingMessage {
  /** The same for every attempt; what the other side recognises a repeat by. A delivery's id, or a verification's. */
  id: string;
  user_id: string;
  channel_id: string;
  /** An address for e-mail, the URL of a webhook, else what is shown of where it goes. */
  target: string;
  /** Unsealed; null for e-mail. */
  settings: SealedChannelSettings | null;
  /** Of a webhook: its signing secrets that have not expired, the newest first. */
  secrets: string[];
  /** Of a webhook: sign by RFC 9421 too. */
  http_message_signatures: boolean;
  told: Told;
}

/** What the other side said when it took a message. */
export interface Receipt {
  response_status: number | null;
  response_excerpt: string | null;
  /** What the provider calls it, where it will tell of it later. */
  provider_message_id: string | null;
}

/** One way to reach a user. */
export interface DeliveryChannel {
  readonly provider: DeliveryProvider;
  /**
   * Makes one attempt; rejects with DeliveryFailure. May run twice for one message (a crash between sending and
   * recording), so what it sends carries the message's id.
   */
  send(message: OutgoingMessage): Promise<Receipt>;
}

export type DeliveryChannels = Record<ChannelKind, DeliveryChannel>;
export const DELIVERY_CHANNELS = Symbol.for('torale.DeliveryChannels');
