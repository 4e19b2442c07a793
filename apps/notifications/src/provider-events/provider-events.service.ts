import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { AppError, type ConfigOf, type ProviderEvents } from '@torale/contracts';
import { z } from 'zod';
import { notificationsConfig } from '../notifications.config.ts';
import { CLOCK, type Clock } from '../planning/clock.ts';
import { ProviderEventsRepository } from './provider-events.repository.ts';
import { newsOf } from './sendgrid-event.ts';
import { SendGridSignature } from './sendgrid-signature.ts';

const batchSchema = z.array(z.unknown());

/** What mail providers say became of mails. */
@Injectable()
export class ProviderEventsService {
  private readonly logger = new Logger(ProviderEventsService.name);
  private readonly signature: SendGridSignature | null;

  constructor(
    @Inject(ProviderEventsRepository) private readonly repository: ProviderEventsRepository,
    @Inject(notificationsConfig.token) config: ConfigOf<typeof notificationsConfig>,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = () => new Date(),
  ) {
    const key = config.SENDGRID_WEBHOOK_PUBLIC_KEY;
    this.signature = key === undefined ? null : new SendGridSignature(key);
  }

  /**
   * Records a batch, event by event: SendGrid sends all of it again when one of them fails. Rejects with `not_found`
   * where no key is configured, with `unauthenticated`, `forbidden` and `invalid_request`.
   */
  async recordSendGrid(request: ProviderEvents): Promise<{ recorded: number }> {
    if (!this.signature) throw new AppError('not_found', 'Events of SendGrid are not expected here.');
    this.signature.assertSigned(request, this.clock());
    let recorded = 0;
    for (const event of eventsIn(request.body)) {
      const news = newsOf(event);
      if (news && (await this.repository.record(news))) recorded++;
    }
    this.logger.log({ recorded }, 'SendGrid told what became of mails');
    return { recorded };
  }
}

function eventsIn(body: string): unknown[] {
  try {
    return batchSchema.parse(JSON.parse(body));
  } catch (error) {
    throw new AppError('invalid_request', 'The body must be a JSON array of events.', { cause: error });
  }
}
