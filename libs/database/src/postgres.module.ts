import type { DynamicModule, Provider } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { databaseConfig } from './database.config.ts';
import { DATABASE, USER_DATABASE, type Database } from './database.ts';
import { openPostgres } from './postgres-database.ts';
import { userDatabaseOf } from './user-database.ts';

/** A real Postgres for everything in the process, closed when the last shutdown hooks run. Needs databaseConfig. */
export class PostgresModule {
  /** DATABASE, for services, whose login role bypasses row level security. */
  static forServices(): DynamicModule {
    return moduleProviding(DATABASE, (database) => database);
  }

  /** USER_DATABASE, for the gateway, whose login role may only become `anon` and `authenticated`. */
  static forUsers(): DynamicModule {
    return moduleProviding(USER_DATABASE, userDatabaseOf);
  }
}

function moduleProviding<T extends { close(): Promise<void> }>(
  token: symbol,
  adapt: (database: Database) => T,
): DynamicModule {
  const database: Provider = {
    provide: token,
    inject: [databaseConfig.token],
    useFactory: (config: ConfigOf<typeof databaseConfig>) =>
      adapt(openPostgres({ url: config.DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE })),
  };
  const closing: Provider = {
    provide: Symbol('close database'),
    inject: [token],
    useFactory: (opened: T) => ({ onApplicationShutdown: () => opened.close() }),
  };
  return { module: PostgresModule, global: true, providers: [database, closing], exports: [token] };
}
