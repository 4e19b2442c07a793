import { join } from 'node:path';
import type { DynamicModule, Provider } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { DATABASE, embeddedDatabaseConfig } from '@torale/database';
import { privateFile } from '@torale/secrets';
import { notificationsConfig } from '../notifications.config.ts';
import { makeVapidKeys, readVapidKeys, VAPID_KEYS, vapidKeysOf } from './vapid-keys.ts';

/** Provides VAPID_KEYS everywhere; needs the values of `notificationsConfig`. */
export class VapidKeysModule {
  /** Those of the environment, or none. */
  static fromEnvironment(): DynamicModule {
    return moduleOf({ provide: VAPID_KEYS, inject: [notificationsConfig.token], useFactory: vapidKeysOf });
  }

  /** Those of the environment, or some of its own in TORALE_DATA_DIR; needs `embeddedDatabaseConfig` and DATABASE. */
  static inDataFolder(): DynamicModule {
    return moduleOf({
      provide: VAPID_KEYS,
      // The database holds the lock of the data folder: no two processes make the keys.
      inject: [notificationsConfig.token, embeddedDatabaseConfig.token, DATABASE],
      useFactory: async (
        config: ConfigOf<typeof notificationsConfig>,
        { TORALE_DATA_DIR }: ConfigOf<typeof embeddedDatabaseConfig>,
      ) => {
        const chosen = vapidKeysOf(config);
        if (chosen) return chosen;
        const path = join(TORALE_DATA_DIR, 'secrets', 'vapid.json');
        return readVapidKeys(await privateFile(path, makeVapidKeys), config.VAPID_SUBJECT);
      },
    });
  }
}

const moduleOf = (keys: Provider): DynamicModule => ({
  module: VapidKeysModule,
  global: true,
  providers: [keys],
  exports: [VAPID_KEYS],
});
