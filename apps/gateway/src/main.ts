import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type ConfigOf, discoveryContract } from '@torale/contracts';
import {
  databaseConfig,
  openPostgres,
  USER_DATABASE,
  type UserDatabase,
  userDatabaseOf,
} from '@torale/database';
import { outboundHttpConfig, OutboundHttpModule } from '@torale/outbound-http';
import { serviceClientConfig, ServiceClientModule, serviceTokenConfig } from '@torale/service-client';
import { bootstrap } from '@torale/service-host';
import { createRemoteJWKSet } from 'jose';
import { ACCESS_TOKEN_KEYS } from './auth/access-tokens.ts';
import { gatewayConfig, type GatewayConfig } from './gateway.config.ts';
import { GatewayHttpModule } from './gateway.module.ts';

const userDatabase = {
  provide: USER_DATABASE,
  inject: [databaseConfig.token],
  useFactory: (config: ConfigOf<typeof databaseConfig>) =>
    userDatabaseOf(openPostgres({ url: config.DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE })),
};
const accessTokenKeys = {
  provide: ACCESS_TOKEN_KEYS,
  inject: [gatewayConfig.token],
  useFactory: ({ SUPABASE_URL }: GatewayConfig) =>
    createRemoteJWKSet(new URL(`${SUPABASE_URL}/auth/v1/.well-known/jwks.json`)),
};

/** The gateway in a container: Supabase's Postgres and keys, discovery over HTTP. */
@Global()
@Module({
  imports: [ServiceClientModule.register([discoveryContract]), OutboundHttpModule, GatewayHttpModule],
  providers: [userDatabase, accessTokenKeys],
  exports: [userDatabase, accessTokenKeys],
})
class GatewayContainer implements OnApplicationShutdown {
  constructor(@Inject(USER_DATABASE) private readonly database: UserDatabase) {}

  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}

await bootstrap({
  name: 'gateway',
  module: GatewayContainer,
  config: [databaseConfig, gatewayConfig, outboundHttpConfig, serviceClientConfig, serviceTokenConfig],
  port: 8000,
});
