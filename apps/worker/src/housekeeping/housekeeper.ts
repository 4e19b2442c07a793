import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { CONTENT_PROCESSOR_API, type ConfigOf, type ContentProcessorApi } from '@torale/contracts';
import { EventLogRepository } from '../events/event-log.repository.ts';
import { workerConfig } from '../worker.config.ts';
import { HousekeepingRepository } from './housekeeping.repository.ts';

const LOOK_EVERY_MS = 30_000;

/** Has old events, checks and contents deleted, and vectors made that are lacking. */
@Injectable()
export class Housekeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Housekeeper.name);
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    @Inject(HousekeepingRepository) private readonly repository: HousekeepingRepository,
    @Inject(EventLogRepository) private readonly events: EventLogRepository,
    @Inject(CONTENT_PROCESSOR_API) private readonly contentProcessor: ContentProcessorApi,
    @Inject(workerConfig.token) private readonly config: ConfigOf<typeof workerConfig>,
  ) {}

  onApplicationBootstrap(): void {
    const look = () => (this.looking = this.look());
    this.timer = setInterval(look, LOOK_EVERY_MS);
    look();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  private async look(): Promise<void> {
    try {
      await this.repository.enqueueWhenDue(this.config.HOUSEKEEPING_INTERVAL_MINUTES * 60);
    } catch (error) {
      this.logger.error({ err: error }, 'Housekeeping could not be begun; trying again');
    }
  }

  /** The job itself. */
  async run(): Promise<void> {
    const forgotten_events = await this.events.forget(this.config.EVENTS_RETENTION_DAYS);
    const forgotten_checks = await this.repository.forgetChecks(this.config.CHECKS_RETENTION_DAYS);
    const { deleted_contents, deleted_snapshots, sources_to_reembed } =
      await this.contentProcessor.housekeep(undefined);
    if (sources_to_reembed.length > 0) await this.repository.enqueueReembedding(sources_to_reembed);
    this.logger.log(
      {
        forgotten_events,
        forgotten_checks,
        deleted_contents,
        deleted_snapshots,
        sources_to_reembed: sources_to_reembed.length,
      },
      'Housekeeping is done',
    );
  }
}
