import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { JOB_ENGINE, JobServer, type JobEngine } from '@torale/job-engine';
import { coreConfig, ReadinessRegistry, TransportRegistry } from '@torale/service-host';
import { BacklogRepository } from './burst/backlog.repository.ts';
import { Burst } from './burst/burst.ts';
import { CheckDispatcher } from './checks/check-dispatcher.ts';
import { CheckJobsController } from './checks/check-jobs.controller.ts';
import { CheckRunner } from './checks/check-runner.ts';
import { ChecksRepository } from './checks/checks.repository.ts';
import { DispatchRepository } from './checks/dispatch.repository.ts';
import { SourceHealthRepository } from './checks/source-health.repository.ts';
import { DeliveryJobsController } from './deliveries/delivery-jobs.controller.ts';
import { NotificationsSubscriberController } from './deliveries/notifications-subscriber.controller.ts';
import { EventLogRepository } from './events/event-log.repository.ts';
import { EventRelay } from './events/event-relay.ts';
import { EventRelayRepository } from './events/event-relay.repository.ts';
import { EventServer } from './events/event-server.ts';
import { HousekeepingJobsController } from './housekeeping/housekeeping-jobs.controller.ts';
import { Housekeeper } from './housekeeping/housekeeper.ts';
import { HousekeepingRepository } from './housekeeping/housekeeping.repository.ts';
import { places, workerConfig, type WorkerConfig } from './worker.config.ts';

/**
 * Events that one subscriber handles at the same time. Each takes a connection of the service that plans what follows, and
 * those of one user wait there for each other: with more, everything else there would wait for a connection in vain.
 */
const EVENT_CONCURRENCY = 8;

/**
 * Runs due checks, deliveries and housekeeping, and hands events to those who subscribe to them. Needs DATABASE,
 * JOB_ENGINE, the APIs of content-processor, change-detector and notifications, and its config slice.
 */
@Module({
  controllers: [
    CheckJobsController,
    DeliveryJobsController,
    HousekeepingJobsController,
    NotificationsSubscriberController,
  ],
  providers: [
    BacklogRepository,
    Burst,
    CheckDispatcher,
    CheckRunner,
    ChecksRepository,
    DispatchRepository,
    SourceHealthRepository,
    EventLogRepository,
    EventRelay,
    EventRelayRepository,
    Housekeeper,
    HousekeepingRepository,
    {
      provide: JobServer,
      inject: [JOB_ENGINE, workerConfig.token, coreConfig.token],
      useFactory: (engine: JobEngine, settings: WorkerConfig, core: ConfigOf<typeof coreConfig>) =>
        new JobServer(engine, { settings, graceMs: core.SHUTDOWN_GRACE_SECONDS * 1000 }),
    },
    {
      provide: EventServer,
      inject: [JOB_ENGINE, workerConfig.token],
      useFactory: (engine: JobEngine, config: WorkerConfig) =>
        new EventServer(engine, places(config, EVENT_CONCURRENCY)),
    },
  ],
})
export class WorkerModule implements OnModuleInit {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(ReadinessRegistry) private readonly readiness: ReadinessRegistry,
    @Inject(TransportRegistry) private readonly transports: TransportRegistry,
    @Inject(JobServer) private readonly jobServer: JobServer,
    @Inject(EventServer) private readonly eventServer: EventServer,
  ) {}

  onModuleInit(): void {
    this.readiness.add('database', () => this.database.ping());
    this.transports.add(this.jobServer);
    this.transports.add(this.eventServer);
  }
}
