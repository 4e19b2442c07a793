import { Inject, Injectable } from '@nestjs/common';
import { jobs } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { JOB_QUEUE, type JobQueue } from '@torale/job-engine';
import { DigestsRepository } from '../digests/digests.repository.ts';
import type { Channel, Timing } from './plan-deliveries.ts';
import type { Place } from './planning.repository.ts';

const MINUTE = 60_000;

/** Plan → rows and jobs, in the caller's transaction: what is held has a job that wakes it. */
@Injectable()
export class DeliveryScheduler {
  constructor(
    @Inject(DigestsRepository) private readonly digests: DigestsRepository,
    @Inject(JOB_QUEUE) private readonly jobQueue: JobQueue,
  ) {}

  /** Where a delivery goes by its timing. What comes with a digest is put into it; the digest is made when it is new. */
  async place(
    transaction: Transaction,
    userId: string,
    channel: Channel | null,
    timing: Timing,
  ): Promise<Place> {
    switch (timing.when) {
      case 'now':
        return { status: 'queued', reason: null, not_before: null, in_digest_id: null };
      case 'held':
        return { status: 'queued', reason: timing.reason, not_before: timing.at, in_digest_id: null };
      case 'never':
        return { status: 'suppressed', reason: timing.reason, not_before: null, in_digest_id: null };
      case 'digest': {
        const { id, at } = await this.join(transaction, userId, channel!, timing.at);
        return { status: 'queued', reason: timing.reason, not_before: at, in_digest_id: id };
      }
    }
  }

  private async join(transaction: Transaction, userId: string, channel: Channel, dueAt: Date) {
    // One that was sent before its time, by a clock that is ahead of this one, takes nobody in any more.
    for (let at = dueAt; ; at = new Date(at.getTime() + MINUTE)) {
      const digest = await this.digests.open(transaction, userId, channel, at);
      if (!digest) continue;
      if (digest.delivery_id) await this.wake(transaction, digest.delivery_id, at);
      return { id: digest.id, at };
    }
  }

  /** Has a delivery attempted at a time; null: at once. */
  async wake(transaction: Transaction, deliveryId: string, at: Date | null): Promise<void> {
    await this.jobQueue.enqueue(
      transaction,
      jobs.deliver,
      [{ delivery_id: deliveryId }],
      at ? { start_after: at } : undefined,
    );
  }

  /** The same by a timing. What comes with a digest is woken with it. */
  async wakeBy(transaction: Transaction, deliveryId: string, timing: Timing): Promise<void> {
    if (timing.when === 'now') await this.wake(transaction, deliveryId, null);
    if (timing.when === 'held') await this.wake(transaction, deliveryId, timing.at);
  }
}
