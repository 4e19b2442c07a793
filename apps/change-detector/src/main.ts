import { Module } from '@nestjs/common';
import { aiConfig, AiModule } from '@torale/ai';
import { contentProcessorContract } from '@torale/contracts';
import { databaseConfig, PostgresModule } from '@torale/database';
import { JobEngineModule } from '@torale/job-engine';
import { serviceClientConfig, ServiceClientModule } from '@torale/service-client';
import { bootstrap, serviceTokenConfig } from '@torale/service-host';
import { changeDetectorConfig } from './change-detector.config.ts';
import { ChangeDetectorHttpModule } from './change-detector.module.ts';

/** change-detector in a container: a real Postgres, jobs handed over and never run. */
@Module({
  imports: [
    PostgresModule.forServices(),
    JobEngineModule.senderOnPostgres(),
    AiModule,
    ServiceClientModule.register([contentProcessorContract]),
    ChangeDetectorHttpModule,
  ],
})
class ChangeDetectorContainer {}

await bootstrap({
  name: 'change-detector',
  module: ChangeDetectorContainer,
  config: [aiConfig, changeDetectorConfig, databaseConfig, serviceClientConfig, serviceTokenConfig],
  port: 8004,
});
