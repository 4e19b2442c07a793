import { Module } from '@nestjs/common';
import { changeDetectorContract, contentProcessorContract, notificationsContract } from '@torale/contracts';
import { databaseConfig, PostgresModule } from '@torale/database';
import { JobEngineModule } from '@torale/job-engine';
import { bootstrap, serviceTokenConfig } from '@torale/service-host';
import { serviceClientConfig, ServiceClientModule } from '@torale/service-client';
import { workerConfig } from './worker.config.ts';
import { WorkerModule } from './worker.module.ts';

/** The worker in a container: a real Postgres, the other services over HTTP. */
@Module({
  imports: [
    PostgresModule.forServices(),
    JobEngineModule.onPostgres(),
    ServiceClientModule.register([contentProcessorContract, changeDetectorContract, notificationsContract]),
    WorkerModule,
  ],
})
class WorkerContainer {}

await bootstrap({
  name: 'worker',
  module: WorkerContainer,
  config: [databaseConfig, serviceClientConfig, serviceTokenConfig, workerConfig],
  port: 8005,
});
