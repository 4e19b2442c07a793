import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import {
  AppError,
  CONTENT_PROCESSOR_API,
  jobs,
  NOTIFICATIONS_API,
  type ConfigOf,
  type ContentProcessorApi,
  type NotificationsApi,
} from '@torale/contracts';
import { JOB_ENGINE, type JobEngine } from '@torale/job-engine';
import { coreConfig } from '@torale/service-host';
import { CheckRunner } from './checks/check-runner.ts';
import { Housekeeper } from './housekeeping/housekeeper.ts';
import { workerConfig } from './worker.config.ts';

/** How many sources get new vectors at the same time: nobody waits for them. */
const REEMBED_CONCURRENCY = 2;

/** Says which job is done by whom, and how many at a time. */
@Injectable()
export class JobHandlers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(JobHandlers.name);

  constructor(
    @Inject(JOB_ENGINE) private readonly jobEngine: JobEngine,
    @Inject(CheckRunner) private readonly checkRunner: CheckRunner,
    @Inject(Housekeeper) private readonly housekeeper: Housekeeper,
    @Inject(CONTENT_PROCESSOR_API) private readonly contentProcessor: ContentProcessorApi,
    @Inject(NOTIFICATIONS_API) private readonly notifications: NotificationsApi,
    @Inject(workerConfig.token) private readonly config: ConfigOf<typeof workerConfig>,
    @Inject(coreConfig.token) private readonly core: ConfigOf<typeof coreConfig>,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.jobEngine.work(jobs.runCheck, {
      concurrency: this.config.CHECK_CONCURRENCY,
      handle: (payload) => this.checkRunner.run(payload),
      onExhausted: (payload, error) => this.checkRunner.abandon(payload, error),
    });
    await this.jobEngine.work(jobs.notifyAlert, {
      concurrency: this.config.DELIVERY_CONCURRENCY,
      handle: async ({ alert_id }) => {
        await unlessDeleted(this.notifications.notify({ alert_id }));
      },
      onExhausted: async ({ alert_id }, error) => {
        this.logger.error({ err: error, alert_id }, 'An alert could not be turned into deliveries');
      },
    });
    await this.jobEngine.work(jobs.notifySource, {
      concurrency: this.config.DELIVERY_CONCURRENCY,
      handle: async ({ notice_id }) => {
        await this.notifications.notify({ notice_id });
      },
      onExhausted: async ({ notice_id }, error) => {
        this.logger.error({ err: error, notice_id }, 'A notice could not be turned into deliveries');
      },
    });
    await this.jobEngine.work(jobs.deliver, {
      concurrency: this.config.DELIVERY_CONCURRENCY,
      handle: async ({ delivery_id }) => {
        const result = await unlessDeleted(this.notifications.deliver({ delivery_id }));
        // The failure is recorded on the delivery; the throw makes the engine try again later.
        if (result?.retry) throw new DeliveryFailed(result.detail ?? 'The delivery failed.');
      },
      onExhausted: async ({ delivery_id }, error) => {
        this.logger.error({ err: error, delivery_id }, 'A delivery was given up');
      },
    });
    await this.jobEngine.work(jobs.housekeeping, {
      concurrency: 1,
      handle: () => this.housekeeper.run(),
      onExhausted: async (_payload, error) => {
        this.logger.error({ err: error }, 'Housekeeping was given up until it is due again');
      },
    });
    await this.jobEngine.work(jobs.reembed, {
      concurrency: REEMBED_CONCURRENCY,
      handle: async ({ source_id }) => {
        await this.contentProcessor.reembed({ source_id });
      },
      onExhausted: async ({ source_id }, error) => {
        this.logger.error({ err: error, source_id }, 'The contents of a source got no new vectors');
      },
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.jobEngine.stop(this.core.SHUTDOWN_GRACE_SECONDS * 1000);
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
