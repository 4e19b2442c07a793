import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { BacklogRepository } from './backlog.repository.ts';

const LOOK_EVERY_MS = 500;
/** A job that ends may leave an event, which becomes a job: one look that finds nothing could fall in between. */
const EMPTY_LOOKS = 3;

/** Watches the worker of a Kubernetes Job, which works off what has piled up and is then done. */
@Injectable()
export class Burst {
  private readonly logger = new Logger(Burst.name);

  constructor(@Inject(BacklogRepository) private readonly backlog: BacklogRepository) {}

  /** Resolves when nothing is left to do, nor has come up meanwhile. */
  async untilDone(): Promise<void> {
    let emptyLooks = 0;
    while (emptyLooks < EMPTY_LOOKS) {
      await sleep(LOOK_EVERY_MS);
      emptyLooks = (await this.isEmpty()) ? emptyLooks + 1 : 0;
    }
    this.logger.log('Nothing is left to do');
  }

  private async isEmpty(): Promise<boolean> {
    try {
      return await this.backlog.isEmpty();
    } catch (error) {
      this.logger.error({ err: error }, 'Nobody knows whether something is left to do; looking again');
      return false;
    }
  }
}
