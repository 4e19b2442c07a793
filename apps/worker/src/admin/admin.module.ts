import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DynamicModule, FactoryProvider } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { DATABASE, embeddedDatabaseConfig } from '@torale/database';
import { privateFile } from '@torale/secrets';
import { EventLogRepository } from '../events/event-log.repository.ts';
import { AdminController } from './admin.controller.ts';
import { AdminService } from './admin.service.ts';
import { operatorTokenPath } from './operator-token-path.ts';
import { operatorConfig } from './operator.config.ts';
import { OPERATOR_TOKEN, OperatorGuard } from './operator.guard.ts';

type OperatorConfig = ConfigOf<typeof operatorConfig>;

/**
 * The operator's endpoints, `/api/v1/admin/…`. Needs DATABASE, JOB_ENGINE, DEAD_LETTERS and the config slices of the
 * worker and `operatorConfig`.
 */
export class AdminModule {
  /** For who has OPERATOR_TOKEN. */
  static fromEnvironment(): DynamicModule {
    return moduleOf({
      inject: [operatorConfig.token],
      useFactory: ({ OPERATOR_TOKEN }: OperatorConfig) => OPERATOR_TOKEN,
    });
  }

  /** For who has OPERATOR_TOKEN, or else can read a file in TORALE_DATA_DIR. */
  static inDataFolder(): DynamicModule {
    return moduleOf({
      // The database holds the lock of the data folder: no two processes make the token.
      inject: [operatorConfig.token, embeddedDatabaseConfig.token, DATABASE],
      useFactory: (
        { OPERATOR_TOKEN }: OperatorConfig,
        { TORALE_DATA_DIR }: ConfigOf<typeof embeddedDatabaseConfig>,
      ) =>
        OPERATOR_TOKEN ??
        privateFile(join(TORALE_DATA_DIR, operatorTokenPath), () => randomBytes(32).toString('hex')),
    });
  }
}

const moduleOf = (token: Omit<FactoryProvider, 'provide'>): DynamicModule => ({
  module: AdminModule,
  controllers: [AdminController],
  providers: [
    AdminService,
    EventLogRepository,
    OperatorGuard,
    { ...token, provide: OPERATOR_TOKEN } satisfies FactoryProvider,
  ],
});
