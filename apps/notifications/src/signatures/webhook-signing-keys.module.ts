import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import type { DynamicModule, FactoryProvider } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { DATABASE, embeddedDatabaseConfig } from '@torale/database';
import { privateFile } from '@torale/secrets';
import { WEBHOOK_SIGNING_KEYS, webhookSigningKeys, type WebhookSigningKeys } from './webhook-signing-keys.ts';
import { webhookSigningConfig } from './webhook-signing.config.ts';

/** Provides WEBHOOK_SIGNING_KEYS everywhere. */
export class WebhookSigningKeysModule {
  /** WEBHOOK_SIGNING_KEY; needs the values of `webhookSigningConfig`. */
  static fromEnvironment(): DynamicModule {
    return moduleOf({
      inject: [webhookSigningConfig.token],
      useFactory: ({ WEBHOOK_SIGNING_KEY }: ConfigOf<typeof webhookSigningConfig>) =>
        webhookSigningKeys(WEBHOOK_SIGNING_KEY),
    });
  }

  /** Keys of its own in TORALE_DATA_DIR; needs the values of `embeddedDatabaseConfig` and DATABASE. */
  static inDataFolder(): DynamicModule {
    return moduleOf({
      // The database holds the lock of the data folder: no two processes make the key.
      inject: [embeddedDatabaseConfig.token, DATABASE],
      useFactory: async ({ TORALE_DATA_DIR }: ConfigOf<typeof embeddedDatabaseConfig>) => {
        const path = join(TORALE_DATA_DIR, 'secrets', 'webhook-signing-key');
        return webhookSigningKeys(await privateFile(path, newKey));
      },
    });
  }
}

const newKey = () =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const moduleOf = (
  factory: Pick<FactoryProvider<WebhookSigningKeys>, 'inject' | 'useFactory'>,
): DynamicModule => ({
  module: WebhookSigningKeysModule,
  global: true,
  providers: [{ provide: WEBHOOK_SIGNING_KEYS, ...factory }],
  exports: [WEBHOOK_SIGNING_KEYS],
});
