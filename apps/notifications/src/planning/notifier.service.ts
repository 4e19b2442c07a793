import { Inject, Injectable } from '@nestjs/common';
import { AppError, jobs, type NotifyRequest, type NotifyResponse } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { JOB_QUEUE, type JobQueue } from '@torale/job-engine';
import { planDeliveries } from './plan-deliveries.ts';
import { PlanningRepository } from './planning.repository.ts';

/** Alert or notice → deliveries. */
@Injectable()
export class NotifierService {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(JOB_QUEUE) private readonly jobQueue: JobQueue,
    @Inject(PlanningRepository) private readonly planning: PlanningRepository,
  ) {}

  /** The first call for an alert or a notice decides who is told; later ones give the same deliveries again. */
  async notify(about: NotifyRequest): Promise<NotifyResponse> {
    return this.database.transaction(async (transaction) => {
      const locked = await this.planning.lock(transaction, about);
      if (!locked) throw new AppError('not_found', 'There is nothing of this id to tell.');
      const existing = await this.planning.listIds(transaction, about);
      if (existing.length > 0) return { delivery_ids: existing };

      const recipient = await this.planning.readRecipient(transaction, locked.user_id);
      const written = await this.planning.insert(
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
}
