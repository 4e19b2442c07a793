import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { jobs, NOTIFICATIONS_API, type JobPayload, type NotificationsApi } from '@torale/contracts';
import { GivenUpHandler, JobHandler, type GivenUpContext } from '@torale/job-engine';
import { places, type WorkerConfig } from '../worker.config.ts';
import { DeliveryFailed } from './delivery-failed.ts';
import { resultOfEach } from './result-of-each.ts';

/** Deliveries that one call makes at most: spares calls, and binds no delivery to the others. */
const BATCH = 50;
/** What the contract takes. */
const DETAIL_LENGTH = 1000;

type Delivery = JobPayload<typeof jobs.deliver>;

@Controller()
export class DeliveryJobsController {
  constructor(@Inject(NOTIFICATIONS_API) private readonly notifications: NotificationsApi) {}

  @JobHandler(jobs.deliver, {
    concurrency: (config: WorkerConfig) => places(config, config.DELIVERY_CONCURRENCY),
    batch: BATCH,
  })
  deliver(@Payload() deliveries: Delivery[]): Promise<void>[] {
    const delivery_ids = deliveries.map(({ delivery_id }) => delivery_id);
    const results = this.notifications.deliverBatch({ delivery_ids: [...new Set(delivery_ids)] });
    return resultOfEach(delivery_ids, results).map(async (result) => {
      const { retry, retry_after_seconds, detail } = await result;
      // The failure is recorded on the delivery; the throw makes the engine try again later.
      if (retry) throw new DeliveryFailed(detail, retry_after_seconds);
    });
  }

  @GivenUpHandler(jobs.deliver)
  async giveUp(@Payload() { delivery_id }: Delivery, @Ctx() { error }: GivenUpContext): Promise<void> {
    await this.notifications.giveUp({ delivery_id, detail: error.message.slice(0, DETAIL_LENGTH) });
  }
}
