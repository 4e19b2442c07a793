import { Global, Module } from '@nestjs/common';
import {
  changeDetectorContract,
  contentProcessorContract,
  discoveryContract,
  notificationsContract,
} from '@torale/contracts';
import { databaseConfig, PostgresModule } from '@torale/database';
import { outboundHttpConfig, OutboundHttpModule } from '@torale/outbound-http';
import { secretsConfig, SecretsModule } from '@torale/secrets';
import { serviceClientConfig, ServiceClientModule, serviceTokenConfig } from '@torale/service-client';
import { bootstrap } from '@torale/service-host';
import { createRemoteJWKSet } from 'jose';
import { ACCESS_TOKEN_KEYS } from './auth/access-tokens.ts';
import { gatewayConfig, type GatewayConfig } from './gateway.config.ts';
import { GatewayHttpModule } from './gateway.module.ts';

const accessTokenKeys = {
  provide: ACCESS_TOKEN_KEYS,
  inject: [gatewayConfig.token],
  useFactory: ({ SUPABASE_URL }: GatewayConfig) =>
    createRemoteJWKSet(new URL(`${SUPABASE_URL}/auth/v1/.well-known/jwks.json`)),
};

/** The gateway in a container: Supabase's Postgres and keys, the other services over HTTP. */
@Global()
@Module({
  imports: [
    PostgresModule.forUsers(),
    ServiceClientModule.register([
      discoveryContract,
      contentProcessorContract,
      changeDetectorContract,
      notificationsContract,
    ]),
    OutboundHttpModule,
    SecretsModule.fromEnvironment(),
    GatewayHttpModule,
  ],
  providers: [accessTokenKeys],
  exports: [accessTokenKeys],
})
class GatewayContainer {}

await bootstrap({
  name: 'gateway',
  module: GatewayContainer,
  config: [
    databaseConfig,
    gatewayConfig,
    outboundHttpConfig,
    secretsConfig,
    serviceClientConfig,
    serviceTokenConfig,
  ],
  port: 8000,
});
