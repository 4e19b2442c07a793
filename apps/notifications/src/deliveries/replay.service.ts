import { Inject, Injectable } from '@nestjs/common';
import { AppError, jobs, type Replay, type ReplayRequest } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { JOB_QUEUE, type JobQueue } from '@torale/job-engine';
import { ReplayRepository } from './replay.repository.ts';

/** Deliveries of one channel that are made again within an hour at most. */
const hourlyLimit = 1_000;
/** A delivery that was made again is not made again so soon after, seconds. */
const pauseSeconds = 60;

/** Makes settled deliveries again: they keep their id, which the other side recognises, and begin anew. */
@Injectable()
export class ReplayService {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(JOB_QUEUE) private readonly jobQueue: JobQueue,
    @Inject(ReplayRepository) private readonly replays: ReplayRepository,
  ) {}

  /**
   * The oldest first, as many as the limits let through.
   * @throws AppError `not_found`; `conflict` for one that is on its way, or through a channel that takes nothing now;
   * `rate_limited` when the limits let nothing through
   */
  async replay(request: ReplayRequest): Promise<Replay> {
    return this.database.transaction(async (transaction) => {
      const channel =
        'delivery_id' in request
          ? await this.replays.lockChannelOf(transaction, request.delivery_id)
          : await this.replays.lockChannel(transaction, request.channel_id);
      if (!channel) throw new AppError('not_found', 'There is no such delivery, or its channel is gone.');
      if (channel.status !== 'verified') {
        throw new AppError('conflict', 'The channel takes nothing now; verify it first.');
      }
      const recent = await this.replays.countRecent(transaction, channel.id);
      if (recent >= hourlyLimit) {
        throw new AppError(
          'rate_limited',
          `${hourlyLimit} deliveries of this channel were made again within an hour.`,
          {
            retry_after_seconds: pauseSeconds,
          },
        );
      }
      const limit = hourlyLimit - recent;
      const found = await this.replays.listSettled(transaction, channel.id, request, pauseSeconds, limit + 1);
      const chosen = found.slice(0, limit);
      if (chosen.length === 0 && 'delivery_id' in request) {
        throw new AppError(
          'conflict',
          `It is on its way, or was made again less than ${pauseSeconds} seconds ago.`,
        );
      }
      await this.replays.reset(transaction, chosen);
      await this.jobQueue.enqueue(
        transaction,
        jobs.deliver,
        chosen.map((delivery_id) => ({ delivery_id })),
      );
      return { replayed: chosen.length, more: found.length > limit };
    });
  }
}
