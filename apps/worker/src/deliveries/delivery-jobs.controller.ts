import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { AppError, jobs, NOTIFICATIONS_API, type JobPayload, type NotificationsApi } from '@torale/contracts';
import { JobHandler } from '@torale/job-engine';
import { adaptive, type WorkerConfig } from '../worker.config.ts';

const concurrency = (config: WorkerConfig) => adaptive(config.DELIVERY_CONCURRENCY);

@Controller()
export class DeliveryJobsController {
  constructor(@Inject(NOTIFICATIONS_API) private readonly notifications: NotificationsApi) {}

  @JobHandler(jobs.notifyAlert, { concurrency })
  async notifyAlert(@Payload() { alert_id }: JobPayload<typeof jobs.notifyAlert>): Promise<void> {
    await unlessDeleted(this.notifications.notify({ alert_id }));
  }

  @JobHandler(jobs.notifySource, { concurrency })
  async notifySource(@Payload() { notice_id }: JobPayload<typeof jobs.notifySource>): Promise<void> {
    await this.notifications.notify({ notice_id });
  }

  @JobHandler(jobs.deliver, { concurrency })
  async deliver(@Payload() { delivery_id }: JobPayload<typeof jobs.deliver>): Promise<void> {
    const result = await unlessDeleted(this.notifications.deliver({ delivery_id }));
    // The failure is recorded on the delivery; the throw makes the engine try again later.
    if (result?.retry) throw new DeliveryFailed(result.detail ?? 'The delivery failed.');
  }
}

class DeliveryFailed extends Error {
  override readonly name = 'DeliveryFailed';
}

/** Whoever deletes a sentence does not want its alerts any more: then there is nothing left to do, or to try again. */
async function unlessDeleted<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  }
}
