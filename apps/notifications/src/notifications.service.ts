import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  AppError,
  type ConfigOf,
  type DeliverRequest,
  type DeliverResponse,
  type DeliveryStatus,
  jobs,
  type NotificationsApi,
  type NotifyRequest,
  type NotifyResponse,
} from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { JOB_QUEUE, type JobQueue } from '@torale/job-engine';
import { DELIVERY_CHANNELS, type DeliveryChannels } from './channels/delivery-channel.ts';
import { attemptsAllowed, DeliveryFailure } from './channels/delivery-failure.ts';
import { type AttemptOutcome, DeliveriesRepository, type PendingDelivery } from './deliveries.repository.ts';
import { notificationsConfig } from './notifications.config.ts';
import { planDeliveries } from './plan-deliveries.ts';

/** An attempt that is open for this long after it should have timed out is taken to be dead. */
const leaseMarginMs = 10_000;

@Injectable()
export class NotificationsService implements NotificationsApi {
  private readonly logger = new Logger(NotificationsService.name);

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(JOB_QUEUE) private readonly jobQueue: JobQueue,
    @Inject(DELIVERY_CHANNELS) private readonly channels: DeliveryChannels,
    @Inject(DeliveriesRepository) private readonly deliveries: DeliveriesRepository,
    @Inject(notificationsConfig.token) private readonly config: ConfigOf<typeof notificationsConfig>,
  ) {}

  /** The first call for an alert or a notice decides who is told; later ones give the same deliveries again. */
  async notify(about: NotifyRequest): Promise<NotifyResponse> {
    return this.database.transaction(async (transaction) => {
      const locked = await this.deliveries.lock(transaction, about);
      if (!locked) throw new AppError('not_found', 'There is nothing of this id to tell.');
      const existing = await this.deliveries.listIds(transaction, about);
      if (existing.length > 0) return { delivery_ids: existing };

      const recipient = await this.deliveries.readRecipient(transaction, locked.user_id);
      const written = await this.deliveries.insert(
        transaction,
        planDeliveries(locked.severity, recipient).map((delivery) => ({
          ...delivery,
          ...about,
          user_id: locked.user_id,
        })),
      );
      const queued = written.filter(({ status }) => status === 'queued');
      await this.jobQueue.enqueue(
        transaction,
        jobs.deliver,
        queued.map(({ id }) => ({ delivery_id: id })),
      );
      return { delivery_ids: written.map(({ id }) => id) };
    });
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
    const outcome = (ok: boolean, responseStatus: number | null, error: string | null) => ({
      ok,
      response_status: responseStatus,
      error,
      duration_ms: Math.round(performance.now() - startedAt),
    });
    try {
      const responseStatus = await this.channels[delivery.channel].send(delivery);
      return { outcome: outcome(true, responseStatus, null), status: 'sent' };
    } catch (error) {
      const failure = error instanceof DeliveryFailure ? error : this.unexpected(delivery, error);
      const again = attemptNumber < attemptsAllowed(failure.kind, this.config.DELIVERY_MAX_ATTEMPTS);
      return {
        outcome: outcome(false, failure.responseStatus, failure.message),
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
