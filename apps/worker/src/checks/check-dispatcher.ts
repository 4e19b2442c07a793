import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { PAUSE_AFTER_FAILURE_MS, PassAfterPass } from '../pass-after-pass.ts';
import { workerConfig } from '../worker.config.ts';
import { ChecksRepository } from './checks.repository.ts';
import { DispatchRepository } from './dispatch.repository.ts';

/** Longer than a check and all its retries can take. */
const STALLED_AFTER_SECONDS = 15 * 60;
const LOOK_FOR_STALLED_EVERY_MS = 60_000;
/** While there is more to do than the job engine has room for: about as long as a quick check takes. */
const PAUSE_IN_BACKLOG_MS = 50;

/** Hands due sources and requested checks to the job engine, pass after pass, until the process stops. */
@Injectable()
export class CheckDispatcher extends PassAfterPass {
  private readonly logger = new Logger(CheckDispatcher.name);
  private lookedForStalledAt = 0;

  constructor(
    @Inject(ChecksRepository) private readonly checks: ChecksRepository,
    @Inject(DispatchRepository) private readonly dispatches: DispatchRepository,
    @Inject(workerConfig.token) private readonly config: ConfigOf<typeof workerConfig>,
  ) {
    super();
  }

  protected override async pass(): Promise<number> {
    try {
      if (Date.now() - this.lookedForStalledAt > LOOK_FOR_STALLED_EVERY_MS) {
        this.lookedForStalledAt = Date.now();
        const stalled = await this.checks.requeueStalled(STALLED_AFTER_SECONDS);
        if (stalled > 0) this.logger.warn(`${stalled} stalled checks were queued again`);
      }
      const { is_waiting } = await this.dispatches.dispatch();
      return is_waiting ? PAUSE_IN_BACKLOG_MS : this.config.DISPATCH_INTERVAL_MS;
    } catch (error) {
      this.logger.error({ err: error }, 'Due checks could not be dispatched; trying again');
      return PAUSE_AFTER_FAILURE_MS;
    }
  }
}
