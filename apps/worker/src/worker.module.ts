import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { DATABASE, type Database } from '@torale/database';
import { ReadinessRegistry } from '@torale/service-host';
import { CheckDispatcher } from './checks/check-dispatcher.ts';
import { CheckRunner } from './checks/check-runner.ts';
import { ChecksRepository } from './checks/checks.repository.ts';
import { SourceHealthRepository } from './checks/source-health.repository.ts';
import { Housekeeper } from './housekeeping/housekeeper.ts';
import { HousekeepingRepository } from './housekeeping/housekeeping.repository.ts';
import { JobHandlers } from './job-handlers.ts';

/**
 * Runs due checks, deliveries and housekeeping. Needs DATABASE, JOB_ENGINE, the APIs of content-processor,
 * change-detector and notifications, and its config slice.
 */
@Module({
  providers: [
    CheckDispatcher,
    CheckRunner,
    ChecksRepository,
    SourceHealthRepository,
    Housekeeper,
    HousekeepingRepository,
    JobHandlers,
  ],
})
export class WorkerModule implements OnModuleInit {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(ReadinessRegistry) private readonly readiness: ReadinessRegistry,
  ) {}

  onModuleInit(): void {
    this.readiness.add('database', () => this.database.ping());
  }
}
