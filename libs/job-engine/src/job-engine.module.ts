import type { DynamicModule, FactoryProvider, Provider } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { databaseConfig, PGLITE_DATABASE, type PgliteDatabase } from '@torale/database';
import { DEAD_LETTERS } from './dead-letters.ts';
import { JOB_ENGINE, JOB_QUEUE } from './job-engine.ts';
import { PgBossJobEngine } from './pg-boss-job-engine.ts';

type PostgresConfig = ConfigOf<typeof databaseConfig>;

/**
 * Durable jobs for everything in the process. Who calls `work` also stops the engine, with the grace it wants,
 * before the application shuts down; what is still open then is closed here.
 */
export class JobEngineModule {
  /** JOB_ENGINE, JOB_QUEUE and DEAD_LETTERS on DATABASE_URL, with connections of their own. Needs databaseConfig. */
  static onPostgres(): DynamicModule {
    return moduleOf({
      provide: JOB_ENGINE,
      inject: [databaseConfig.token],
      useFactory: (config: PostgresConfig) => PgBossJobEngine.start({ url: config.DATABASE_URL }),
    });
  }

  /** JOB_ENGINE, JOB_QUEUE and DEAD_LETTERS on the embedded database. Needs PgliteModule. */
  static onPglite(): DynamicModule {
    return moduleOf({
      provide: JOB_ENGINE,
      inject: [PGLITE_DATABASE],
      useFactory: ({ pglite }: PgliteDatabase) => PgBossJobEngine.start({ pglite }),
    });
  }

  /** JOB_QUEUE and DEAD_LETTERS, for processes that hand over work and do none. Needs databaseConfig. */
  static senderOnPostgres(): DynamicModule {
    return moduleOf({
      provide: JOB_QUEUE,
      inject: [databaseConfig.token],
      useFactory: (config: PostgresConfig) => PgBossJobEngine.startSender({ url: config.DATABASE_URL }),
    });
  }
}

function moduleOf(engine: FactoryProvider<PgBossJobEngine>): DynamicModule {
  const providers: Provider[] = [
    engine,
    {
      provide: Symbol('close job engine'),
      inject: [engine.provide],
      useFactory: (opened: PgBossJobEngine) => ({ onApplicationShutdown: () => opened.stop(0) }),
    },
  ];
  providers.push({
    provide: DEAD_LETTERS,
    inject: [engine.provide],
    useFactory: (opened: PgBossJobEngine) => opened.deadLetters,
  });
  if (engine.provide !== JOB_QUEUE) providers.push({ provide: JOB_QUEUE, useExisting: engine.provide });
  return {
    module: JobEngineModule,
    global: true,
    providers,
    exports: [...new Set([engine.provide, JOB_QUEUE, DEAD_LETTERS])],
  };
}
