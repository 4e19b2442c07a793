import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  AppError,
  type ConfigOf,
  type DeliverRequest,
  type DeliverResponse,
  type DeliveryStatus,
  type NotificationsApi,
  type NotifyRequest,
  type NotifyResponse,
} from '@torale/contracts';
import { DELIVERY_CHANNELS, type DeliveryChannels, type Receipt } from './channels/delivery-channel.ts';
import { attemptsAllowed, DeliveryFailure } from './channels/delivery-failure.ts';
import {
  type AttemptOutcome,
  DeliveriesRepository,
  type PendingDelivery,
} from './deliveries/deliveries.repository.ts';
import { MessageComposer } from './deliveries/message-composer.ts';
import { notificationsConfig } from './notifications.config.ts';
import { NotifierService } from './planning/notifier.service.ts';

/** An attempt that is open for this long after it should have timed out is taken to be dead. */
const leaseMarginMs = 10_000;

@Injectable()
export class NotificationsService implements Pick<NotificationsApi, 'notify' | 'deliver'> {
  private readonly logger = new Logger(NotificationsService.name);

  constructor(
    @Inject(NotifierService) private readonly notifier: NotifierService,
    @Inject(DELIVERY_CHANNELS) private readonly channels: DeliveryChannels,
    @Inject(DeliveriesRepository) private readonly deliveries: DeliveriesRepository,
    @Inject(MessageComposer) private readonly composer: MessageComposer,
    @Inject(notificationsConfig.token) private readonly config: ConfigOf<typeof notificationsConfig>,
  ) {}

  notify(about: NotifyRequest): Promise<NotifyResponse> {
    return this.notifier.notify(about);
  }

  /**
   * Makes one attempt, unless the delivery is settled or an attempt is under way. The attempt is open in the database
   * before anything is sent, so that two calls never send at once and a crash is seen for what it was.
   */
  async deliver({ delivery_id }: DeliverRequest): Promise<DeliverResponse> {
    const delivery = await this.deliveries.find(delivery_id);
    if (!delivery) throw new AppError('not_found', 'There is no such delivery.');
    const { provider } = this.channels[delivery.channel];
    const attemptNumber = await this.deliveries.claim(
      delivery_id,
      provider,
      this.config.DELIVERY_TIMEOUT_MS + leaseMarginMs,
    );
    if (attemptNumber === undefined) {
      const status = await this.deliveries.readStatus(delivery_id);
      if (!status) throw new AppError('not_found', 'There is no such delivery.');
      return answer(status, status === 'sending' ? 'Another attempt is under way.' : null);
    }

    const { outcome, status } = await this.attempt(delivery, attemptNumber);
    const settled = await this.deliveries.settle(delivery_id, attemptNumber, outcome, status);
    if (!outcome.ok) {
      const { error } = outcome;
      this.logger.warn(
        { delivery_id, provider, attempt: attemptNumber, status: settled, error },
        'An attempt failed',
      );
    }
    return answer(settled, outcome.error);
  }

  private async attempt(
    delivery: PendingDelivery,
    attemptNumber: number,
  ): Promise<{ outcome: AttemptOutcome; status: 'sent' | 'queued' | 'failed' }> {
    const startedAt = performance.now();
    const outcome = (
      error: string | null,
      { response_status, response_excerpt }: Pick<Receipt, 'response_status' | 'response_excerpt'>,
    ): AttemptOutcome => ({
      ok: error === null,
      response_status,
      error,
      duration_ms: Math.round(performance.now() - startedAt),
      response_excerpt,
    });
    try {
      const receipt = await this.channels[delivery.channel].send(await this.composer.compose(delivery));
      return { outcome: outcome(null, receipt), status: 'sent' };
    } catch (error) {
      const failure = error instanceof DeliveryFailure ? error : this.unexpected(delivery, error);
      const again = attemptNumber < attemptsAllowed(failure.kind, this.config.DELIVERY_MAX_ATTEMPTS);
      return {
        outcome: outcome(failure.message, {
          response_status: failure.responseStatus,
          response_excerpt: failure.responseExcerpt,
        }),
        status: again ? 'queued' : 'failed',
      };
    }
  }

  private unexpected(delivery: PendingDelivery, error: unknown): DeliveryFailure {
    this.logger.error({ err: error, delivery_id: delivery.id, channel: delivery.channel }, 'A channel broke');
    return new DeliveryFailure('transient', 'Something went wrong on our side.');
  }
}

function answer(status: DeliveryStatus, detail: string | null): DeliverResponse {
  return { status, retry: status === 'queued' || status === 'sending', detail };
}
