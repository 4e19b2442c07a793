import { Inject, Injectable, Logger } from '@nestjs/common';
import type {
  ChannelKind,
  ConfigOf,
  DeliverBatch,
  DeliverResult,
  DeliveryProvider,
  GiveUpRequest,
} from '@torale/contracts';
import { DELIVERY_CHANNELS, type DeliveryChannels, type Receipt } from '../channels/delivery-channel.ts';
import { attemptsAllowed, DeliveryFailure } from '../channels/delivery-failure.ts';
import type { Told } from '../channels/told.ts';
import { notificationsConfig } from '../notifications.config.ts';
import { type Detained, SendingGate } from '../planning/sending-gate.ts';
import { asTheyEnd } from './as-they-end.ts';
import { ChannelHealthRepository } from './channel-health.repository.ts';
import {
  type AttemptOutcome,
  type ClaimedDelivery,
  DeliveriesRepository,
  type UnclaimedDelivery,
} from './deliveries.repository.ts';
import { MessageComposer } from './message-composer.ts';
import { Settlements } from './settlements.ts';
import { ToldRepository } from './told.repository.ts';

/** An attempt that is open for this long after it should have timed out is taken to be dead. */
const leaseMarginMs = 10_000;
const hourMs = 3_600_000;
const longestPauseSeconds = 86_400;

/** Deliveries → attempts. */
@Injectable()
export class DelivererService {
  private readonly logger = new Logger(DelivererService.name);
  private readonly providers: Record<ChannelKind, DeliveryProvider>;

  constructor(
    @Inject(DELIVERY_CHANNELS) private readonly channels: DeliveryChannels,
    @Inject(DeliveriesRepository) private readonly deliveries: DeliveriesRepository,
    @Inject(SendingGate) private readonly gate: SendingGate,
    @Inject(ToldRepository) private readonly told: ToldRepository,
    @Inject(MessageComposer) private readonly composer: MessageComposer,
    @Inject(Settlements) private readonly settlements: Settlements,
    @Inject(ChannelHealthRepository) private readonly health: ChannelHealthRepository,
    @Inject(notificationsConfig.token) private readonly config: ConfigOf<typeof notificationsConfig>,
  ) {
    this.providers = Object.fromEntries(
      Object.entries(channels).map(([kind, { provider }]) => [kind, provider]),
    ) as Record<ChannelKind, DeliveryProvider>;
  }

  /**
   * Makes one attempt at each, unless it is settled, held or an attempt is under way. Attempts are open in the
   * database before anything is sent, so that two calls never send at once and a crash is seen for what it was. Those
   * that have begun are recorded even when nobody reads on.
   */
  async *deliverBatch({ delivery_ids }: DeliverBatch): AsyncIterable<DeliverResult> {
    const ids = [...new Set(delivery_ids)];
    const leaseMs = this.config.DELIVERY_TIMEOUT_MS + leaseMarginMs;
    const { claimed: found, detained } = await this.gate.admit(ids, (executor, admitted) =>
      this.deliveries.claim(admitted, this.providers, leaseMs, executor),
    );
    const claimed = found.filter((delivery) => delivery.attempt !== null);
    const told = await this.told.read(claimed);
    const attempts = claimed.map((delivery, index) => this.attempt(delivery, told[index]));
    const known = new Set([...found.map(({ id }) => id), ...detained.keys()]);
    const rest = [
      ...found.filter((delivery) => delivery.attempt === null).map(resultOfUnclaimed),
      ...[...detained].map(resultOfDetained),
      ...ids.filter((id) => !known.has(id)).map(resultOfUnknown),
    ];
    yield* asTheyEnd([...attempts, ...rest.map((result) => Promise.resolve(result))]);
  }

  async giveUp({ delivery_id, detail }: GiveUpRequest) {
    return { status: (await this.deliveries.giveUp(delivery_id, detail)) ?? null };
  }

  private async attempt(delivery: ClaimedDelivery, told: Told | undefined): Promise<DeliverResult> {
    const { id: delivery_id, attempt, channel_id } = delivery;
    const { failure, outcome } = await this.send(delivery, told);
    const status = await this.settlements.settle(outcome);
    const { error } = outcome.record;
    if (error !== null) {
      const provider = this.providers[delivery.channel];
      this.logger.warn({ delivery_id, provider, attempt, status, error }, 'An attempt failed');
    }
    if (failure) await this.noteFailure(channel_id, failure);
    return {
      delivery_id,
      status,
      retry: status === 'queued' || status === 'sending',
      retry_after_seconds: status === 'queued' ? outcome.retry_after_seconds : null,
      detail: error,
    };
  }

  private async send(
    delivery: ClaimedDelivery,
    told: Told | undefined,
  ): Promise<{ outcome: AttemptOutcome; failure?: DeliveryFailure }> {
    const { id, attempt } = delivery;
    const startedAt = performance.now();
    const record = (
      error: string | null,
      { response_status, response_excerpt }: Pick<Receipt, 'response_status' | 'response_excerpt'>,
    ) => ({
      ok: error === null,
      response_status,
      error,
      duration_ms: Math.round(performance.now() - startedAt),
      response_excerpt,
    });
    try {
      if (!told) throw new Error('There is nothing left to tell');
      const message = await this.composer.compose(delivery, { id, told });
      const receipt = await this.channels[delivery.channel].send(message);
      const { provider_message_id } = receipt;
      return {
        outcome: {
          id,
          attempt,
          record: record(null, receipt),
          status: 'sent',
          provider_message_id,
          retry_after_seconds: null,
        },
      };
    } catch (error) {
      const isTheirs = error instanceof DeliveryFailure;
      const failure = isTheirs ? error : this.ours(delivery, error);
      const again =
        attempt - delivery.earlier_attempts <
        attemptsAllowed(failure.kind, this.config.DELIVERY_MAX_ATTEMPTS);
      return {
        outcome: {
          id,
          attempt,
          record: record(failure.message, {
            response_status: failure.responseStatus,
            response_excerpt: failure.responseExcerpt,
          }),
          status: again ? 'queued' : 'failed',
          provider_message_id: null,
          retry_after_seconds:
            again && failure.retryAfterSeconds !== null
              ? Math.min(failure.retryAfterSeconds, longestPauseSeconds)
              : null,
        },
        ...(isTheirs && { failure }),
      };
    }
  }

  private ours({ id, channel }: ClaimedDelivery, error: unknown): DeliveryFailure {
    this.logger.error({ err: error, delivery_id: id, channel }, 'A channel broke');
    return new DeliveryFailure('transient', 'Something went wrong on our side.');
  }

  private async noteFailure(channel_id: string, { kind, message }: DeliveryFailure): Promise<void> {
    const limitMs = this.config.WEBHOOK_DISABLE_AFTER_HOURS * hourMs;
    const disabled = await this.health.failed({ channel_id, gone: kind === 'gone', error: message }, limitMs);
    if (disabled) this.logger.warn({ channel_id, error: message }, 'A channel was disabled');
  }
}

function resultOfUnclaimed({ id, status, reason, retry_after_seconds }: UnclaimedDelivery): DeliverResult {
  return {
    delivery_id: id,
    status,
    retry: retry_after_seconds !== null,
    retry_after_seconds,
    detail: status === 'sending' ? 'Another attempt is under way.' : reason,
  };
}

/** What is held has a job of its own that wakes it. */
const resultOfDetained = ([delivery_id, { status, reason }]: [string, Detained]): DeliverResult => ({
  delivery_id,
  status,
  retry: false,
  retry_after_seconds: null,
  detail: reason,
});

function resultOfUnknown(delivery_id: string): DeliverResult {
  return {
    delivery_id,
    status: null,
    retry: false,
    retry_after_seconds: null,
    detail: 'There is no such delivery.',
  };
}
