import { Inject, Injectable } from '@nestjs/common';
import type { ChannelKind, ConfigOf, DeliverResult, DeliveryProvider } from '@torale/contracts';
import DataLoader from 'dataloader';
import { DELIVERY_CHANNELS, type DeliveryChannels } from '../channels/delivery-channel.ts';
import type { Told } from '../channels/told.ts';
import { notificationsConfig } from '../notifications.config.ts';
import { type Detained, SendingGate } from '../planning/sending-gate.ts';
import {
  type ClaimedDelivery,
  DeliveriesRepository,
  type UnclaimedDelivery,
} from './deliveries.repository.ts';
import { ToldRepository } from './told.repository.ts';

/** What is asked for within this time of another delivery is taken with it, milliseconds. */
const groupingMs = 3;
const maxGroup = 200;
/** An attempt that is open for this long after it should have timed out is taken to be dead. */
const leaseMarginMs = 10_000;

/** A delivery that is to be attempted now; or why it is not. */
export type Taken = { delivery: ClaimedDelivery; told: Told | undefined } | { result: DeliverResult };

/**
 * Takes deliveries for an attempt each, those that are asked for at about the same time in one statement, whoever asks.
 * Attempts are open in the database before anything is sent, so that two never send at once and a crash is seen for
 * what it was.
 */
@Injectable()
export class Claims {
  private readonly loader: DataLoader<string, Taken>;
  private readonly providers: Record<ChannelKind, DeliveryProvider>;
  private readonly leaseMs: number;

  constructor(
    @Inject(DELIVERY_CHANNELS) channels: DeliveryChannels,
    @Inject(DeliveriesRepository) private readonly deliveries: DeliveriesRepository,
    @Inject(SendingGate) private readonly gate: SendingGate,
    @Inject(ToldRepository) private readonly told: ToldRepository,
    @Inject(notificationsConfig.token) config: ConfigOf<typeof notificationsConfig>,
  ) {
    this.providers = Object.fromEntries(
      Object.entries(channels).map(([kind, { provider }]) => [kind, provider]),
    ) as Record<ChannelKind, DeliveryProvider>;
    this.leaseMs = config.DELIVERY_TIMEOUT_MS + leaseMarginMs;
    this.loader = new DataLoader((ids) => this.takeAll(ids), {
      cache: false,
      maxBatchSize: maxGroup,
      batchScheduleFn: (take) => setTimeout(take, groupingMs),
    });
  }

  take(deliveryId: string): Promise<Taken> {
    return this.loader.load(deliveryId);
  }

  private async takeAll(ids: readonly string[]): Promise<Taken[]> {
    const { claimed: found, detained } = await this.gate.admit([...new Set(ids)], (executor, admitted) =>
      this.deliveries.claim(admitted, this.providers, this.leaseMs, executor),
    );
    const claimed = found.filter((delivery) => delivery.attempt !== null);
    const told = await this.told.read(claimed);
    const taken = new Map<string, Taken>([
      ...claimed.map((delivery, index): [string, Taken] => [delivery.id, { delivery, told: told[index] }]),
      ...found
        .filter((delivery) => delivery.attempt === null)
        .map((delivery): [string, Taken] => [delivery.id, { result: resultOfUnclaimed(delivery) }]),
      ...[...detained].map(([id, why]): [string, Taken] => [id, { result: resultOfDetained(id, why) }]),
    ]);
    return ids.map((id) => {
      const one = taken.get(id) ?? { result: resultOfUnknown(id) };
      // Whoever else asked for it together with the first comes second.
      if ('delivery' in one) taken.set(id, { result: resultOfBusy(id, this.leaseMs / 1000) });
      return one;
    });
  }
}

const resultOfUnclaimed = ({ id, status, reason, retry_after_seconds }: UnclaimedDelivery): DeliverResult =>
  status === 'sending' && retry_after_seconds !== null
    ? resultOfBusy(id, retry_after_seconds)
    : { delivery_id: id, status, retry: retry_after_seconds !== null, retry_after_seconds, detail: reason };

const resultOfBusy = (delivery_id: string, retry_after_seconds: number): DeliverResult => ({
  delivery_id,
  status: 'sending',
  retry: true,
  retry_after_seconds,
  detail: 'Another attempt is under way.',
});

/** What is held has a job of its own that wakes it. */
const resultOfDetained = (delivery_id: string, { status, reason }: Detained): DeliverResult => ({
  delivery_id,
  status,
  retry: false,
  retry_after_seconds: null,
  detail: reason,
});

const resultOfUnknown = (delivery_id: string): DeliverResult => ({
  delivery_id,
  status: null,
  retry: false,
  retry_after_seconds: null,
  detail: 'There is no such delivery.',
});
