import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigOf, DeliverBatch, DeliverResult, GiveUpRequest } from '@torale/contracts';
import { DELIVERY_CHANNELS, type DeliveryChannels, type Receipt } from '../channels/delivery-channel.ts';
import { attemptsAllowed, DeliveryFailure } from '../channels/delivery-failure.ts';
import type { Told } from '../channels/told.ts';
import { notificationsConfig } from '../notifications.config.ts';
import { asTheyEnd } from './as-they-end.ts';
import { ChannelHealthRepository } from './channel-health.repository.ts';
import { Claims } from './claims.ts';
import { type AttemptOutcome, type ClaimedDelivery, DeliveriesRepository } from './deliveries.repository.ts';
import { MessageComposer } from './message-composer.ts';
import { Settlements } from './settlements.ts';

const hourMs = 3_600_000;
const longestPauseSeconds = 86_400;

/** Deliveries → attempts. */
@Injectable()
export class DelivererService {
  private readonly logger = new Logger(DelivererService.name);

  constructor(
    @Inject(DELIVERY_CHANNELS) private readonly channels: DeliveryChannels,
    @Inject(DeliveriesRepository) private readonly deliveries: DeliveriesRepository,
    @Inject(Claims) private readonly claims: Claims,
    @Inject(MessageComposer) private readonly composer: MessageComposer,
    @Inject(Settlements) private readonly settlements: Settlements,
    @Inject(ChannelHealthRepository) private readonly health: ChannelHealthRepository,
    @Inject(notificationsConfig.token) private readonly config: ConfigOf<typeof notificationsConfig>,
  ) {}

  /**
   * Makes one attempt at each, unless it is settled, held or an attempt is under way. Those that have begun are recorded
   * even when nobody reads on.
   */
  deliverBatch({ delivery_ids }: DeliverBatch): AsyncIterable<DeliverResult> {
    return asTheyEnd([...new Set(delivery_ids)].map((id) => this.deliver(id)));
  }

  private async deliver(id: string): Promise<DeliverResult> {
    const taken = await this.claims.take(id);
    return 'result' in taken ? taken.result : this.attempt(taken.delivery, taken.told);
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
      const { provider } = this.channels[delivery.channel];
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
      // What a digest told was deleted.
      if (!told) throw new DeliveryFailure('permanent', 'There is nothing left to tell.');
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
        ...(isTheirs && told && { failure }),
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
