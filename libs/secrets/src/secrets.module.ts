import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DynamicModule, Provider } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { DATABASE, embeddedDatabaseConfig } from '@torale/database';
import { privateFile } from './private-file.ts';
import { createLinkSigner, LINK_SIGNER } from './link-signer.ts';
import { createSealer, SEALER } from './sealer.ts';
import { secretsConfig, secretsKeySchema } from './secrets.config.ts';

const KEY = Symbol('torale.SecretsKey');

/** Provides SEALER and LINK_SIGNER everywhere. */
export class SecretsModule {
  /** With SECRETS_KEY; needs the values of `secretsConfig`. */
  static fromEnvironment(): DynamicModule {
    return moduleOf({
      provide: KEY,
      inject: [secretsConfig.token],
      useFactory: ({ SECRETS_KEY }: ConfigOf<typeof secretsConfig>) => SECRETS_KEY,
    });
  }

  /** With a key of its own in TORALE_DATA_DIR; needs the values of `embeddedDatabaseConfig` and DATABASE. */
  static inDataFolder(): DynamicModule {
    return moduleOf({
      provide: KEY,
      // The database holds the lock of the data folder: no two processes make the key.
      inject: [embeddedDatabaseConfig.token, DATABASE],
      useFactory: async ({ TORALE_DATA_DIR }: ConfigOf<typeof embeddedDatabaseConfig>) => {
        const path = join(TORALE_DATA_DIR, 'secrets', 'key');
        const key = await privateFile(path, () => randomBytes(32).toString('base64'));
        return secretsKeySchema.parse(key);
      },
    });
  }
}

const moduleOf = (key: Provider): DynamicModule => ({
  module: SecretsModule,
  global: true,
  providers: [
    key,
    { provide: SEALER, inject: [KEY], useFactory: createSealer },
    { provide: LINK_SIGNER, inject: [KEY], useFactory: createLinkSigner },
  ],
  exports: [SEALER, LINK_SIGNER],
});
