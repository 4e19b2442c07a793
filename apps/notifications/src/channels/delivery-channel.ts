import type { Channel, Delivery } from '@torale/contracts';
import type { PendingDelivery } from '../deliveries.repository.ts';

/** One way to reach a user. */
export interface DeliveryChannel {
  readonly provider: NonNullable<Delivery['provider']>;
  /**
   * Makes one attempt. Resolves with the reply code of the other side, if it has such codes; rejects with
   * DeliveryFailure. May run twice for one delivery (a crash between sending and recording), so what it sends
   * carries the delivery's id.
   */
  send(delivery: PendingDelivery): Promise<number | null>;
}

export type DeliveryChannels = Record<Channel, DeliveryChannel>;
export const DELIVERY_CHANNELS = Symbol.for('torale.DeliveryChannels');
