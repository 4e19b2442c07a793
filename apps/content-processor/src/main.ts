import { Module } from '@nestjs/common';
import { aiConfig, AiModule } from '@torale/ai';
import { databaseConfig, PostgresModule } from '@torale/database';
import { outboundHttpConfig, OutboundHttpModule } from '@torale/outbound-http';
import { secretsConfig, SecretsModule } from '@torale/secrets';
import { bootstrap, serviceTokenConfig } from '@torale/service-host';
import { contentProcessorConfig } from './content-processor.config.ts';
import { ContentProcessorHttpModule } from './content-processor.module.ts';
import { SnapshotStoreModule } from './snapshots/snapshot-store.module.ts';
import { snapshotsConfig } from './snapshots/snapshots.config.ts';

@Module({
  imports: [
    PostgresModule.forServices(),
    AiModule,
    OutboundHttpModule,
    SecretsModule.fromEnvironment(),
    SnapshotStoreModule,
    ContentProcessorHttpModule,
  ],
})
class ContentProcessorContainer {}

await bootstrap({
  name: 'content-processor',
  module: ContentProcessorContainer,
  config: [
    aiConfig,
    contentProcessorConfig,
    databaseConfig,
    outboundHttpConfig,
    secretsConfig,
    serviceTokenConfig,
    snapshotsConfig,
  ],
  port: 8002,
});
