import { Module } from '@nestjs/common';
import { aiConfig, AiModule } from '@torale/ai';
import { contentProcessorContract } from '@torale/contracts';
import { databaseConfig, PostgresModule } from '@torale/database';
import { serviceClientConfig, ServiceClientModule } from '@torale/service-client';
import { bootstrap, serviceTokenConfig } from '@torale/service-host';
import { changeDetectorConfig } from './change-detector.config.ts';
import { ChangeDetectorHttpModule } from './change-detector.module.ts';

/** change-detector in a container: a real Postgres, the other services over HTTP. */
@Module({
  imports: [
    PostgresModule.forServices(),
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
