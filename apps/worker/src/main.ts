import { Module } from '@nestjs/common';
import { changeDetectorContract, contentProcessorContract, notificationsContract } from '@torale/contracts';
import { databaseConfig, PostgresModule } from '@torale/database';
import { JobEngineModule } from '@torale/job-engine';
import { bootstrap, serviceTokenConfig } from '@torale/service-host';
import { serviceClientConfig, ServiceClientModule } from '@torale/service-client';
import { AdminModule } from './admin/admin.module.ts';
import { operatorConfig } from './admin/operator.config.ts';
import { Burst } from './burst/burst.ts';
import { workerConfig, type WorkerConfig } from './worker.config.ts';
import { WorkerModule } from './worker.module.ts';

/** The worker in a container: a real Postgres, the other services over HTTP. */
@Module({
  imports: [
    PostgresModule.forServices(),
    JobEngineModule.onPostgres(),
    ServiceClientModule.register([contentProcessorContract, changeDetectorContract, notificationsContract]),
    WorkerModule,
    AdminModule.fromEnvironment(),
  ],
})
class WorkerContainer {}

const app = await bootstrap({
  name: 'worker',
  module: WorkerContainer,
  config: [databaseConfig, serviceClientConfig, serviceTokenConfig, operatorConfig, workerConfig],
  port: 8005,
});

if (app.get<WorkerConfig>(workerConfig.token).WORKER_MODE === 'burst') {
  await app.get(Burst).untilDone();
  // The way out that finishes what is in flight, and ends with 0.
  process.kill(process.pid, 'SIGTERM');
}
