import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Global, Module } from '@nestjs/common';
import { AiModule } from '@torale/ai';
import { ChangeDetectorModule } from '@torale/change-detector';
import { ContentProcessorModule, SnapshotStoreModule } from '@torale/content-processor';
import type { ConfigOf } from '@torale/contracts';
import { embeddedDatabaseConfig, PgliteModule } from '@torale/database';
import { DiscoveryModule } from '@torale/discovery';
import { ACCESS_TOKEN_KEYS, GatewayHttpModule } from '@torale/gateway';
import { JobEngineModule } from '@torale/job-engine';
import { NotificationsModule, VapidKeysModule, WebhookSigningKeysModule } from '@torale/notifications';
import { OutboundHttpModule } from '@torale/outbound-http';
import { SecretsModule } from '@torale/secrets';
import {
  openSigningKeys,
  SIGNING_KEYS,
  supabasePlatformScript,
  SupabaseAuthModule,
  type SigningKeys,
} from '@torale/supabase-local';
import { AdminModule, WorkerModule } from '@torale/worker';

const migrations = fileURLToPath(new URL('../../../supabase/migrations', import.meta.url));

/** Binds the services' API types to the services themselves, in this process. */
@Global()
@Module({
  imports: [DiscoveryModule, ContentProcessorModule, ChangeDetectorModule, NotificationsModule],
  exports: [DiscoveryModule, ContentProcessorModule, ChangeDetectorModule, NotificationsModule],
})
class InProcessServicesModule {}

/** The keys of the embedded auth, for who signs access tokens and for who verifies them. */
@Global()
@Module({
  providers: [
    {
      provide: SIGNING_KEYS,
      inject: [embeddedDatabaseConfig.token],
      useFactory: ({ TORALE_DATA_DIR }: ConfigOf<typeof embeddedDatabaseConfig>) =>
        openSigningKeys(join(TORALE_DATA_DIR, 'auth')),
    },
    {
      provide: ACCESS_TOKEN_KEYS,
      inject: [SIGNING_KEYS],
      useFactory: ({ publicKey }: SigningKeys) => publicKey,
    },
  ],
  exports: [SIGNING_KEYS, ACCESS_TOKEN_KEYS],
})
class SigningKeysModule {}

/** All of Torale in one process on embedded parts. Of the services' routes only the gateway's are open. */
@Module({
  imports: [
    PgliteModule.register({ scripts: [supabasePlatformScript], migrations }),
    JobEngineModule.onPglite(),
    AiModule,
    OutboundHttpModule,
    SnapshotStoreModule,
    SecretsModule.inDataFolder(),
    VapidKeysModule.inDataFolder(),
    WebhookSigningKeysModule.inDataFolder(),
    SigningKeysModule,
    InProcessServicesModule,
    SupabaseAuthModule,
    GatewayHttpModule,
    WorkerModule,
    AdminModule.inDataFolder(),
  ],
})
export class StandaloneModule {}
