import { Module } from '@nestjs/common';
import { aiConfig, LanguageModelModule } from '@torale/ai';
import { OutboundHttpModule, outboundHttpConfig } from '@torale/outbound-http';
import { bootstrap, serviceTokenConfig } from '@torale/service-host';
import { DiscoveryHttpModule } from './discovery.module.ts';

@Module({ imports: [LanguageModelModule, OutboundHttpModule, DiscoveryHttpModule] })
class DiscoveryContainer {}

await bootstrap({
  name: 'discovery',
  module: DiscoveryContainer,
  config: [aiConfig, outboundHttpConfig, serviceTokenConfig],
  port: 8001,
});
