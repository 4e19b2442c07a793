import { Module } from '@nestjs/common';
import { aiConfig, AiModule } from '@torale/ai';
import { databaseConfig, PostgresModule } from '@torale/database';
import { outboundHttpConfig, OutboundHttpModule } from '@torale/outbound-http';
import { bootstrap, serviceTokenConfig } from '@torale/service-host';
import { contentProcessorConfig } from './content-processor.config.ts';
import { ContentProcessorHttpModule } from './content-processor.module.ts';

@Module({ imports: [PostgresModule.forServices(), AiModule, OutboundHttpModule, ContentProcessorHttpModule] })
class ContentProcessorContainer {}

await bootstrap({
  name: 'content-processor',
  module: ContentProcessorContainer,
  config: [aiConfig, contentProcessorConfig, databaseConfig, outboundHttpConfig, serviceTokenConfig],
  port: 8002,
});
