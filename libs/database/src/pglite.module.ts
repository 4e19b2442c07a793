import { readFile } from 'node:fs/promises';
import type { DynamicModule, Provider } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { embeddedDatabaseConfig } from './database.config.ts';
import { DATABASE, USER_DATABASE } from './database.ts';
import { applyMigrations } from './migrations.ts';
import { openPglite, type PgliteDatabase } from './pglite-database.ts';
import { runSqlScript } from './sql-script.ts';
import { userDatabaseOf } from './user-database.ts';

/** The embedded database itself, for those who share its one connection (the job engine). */
export const PGLITE_DATABASE = Symbol.for('torale.PgliteDatabase');

export interface PgliteModuleOptions {
  /** SQL files that run at every start before the migrations, and may. */
  scripts: string[];
  /** Directory of the migrations. */
  migrations: string;
}

/**
 * The embedded Postgres in TORALE_DATA_DIR for everything in the process, migrated, closed when the last shutdown
 * hooks run. Provides DATABASE, USER_DATABASE and PGLITE_DATABASE; needs embeddedDatabaseConfig.
 */
export class PgliteModule {
  static register(options: PgliteModuleOptions): DynamicModule {
    const providers: Provider[] = [
      {
        provide: PGLITE_DATABASE,
        inject: [embeddedDatabaseConfig.token],
        useFactory: (config: ConfigOf<typeof embeddedDatabaseConfig>) => openMigrated(config, options),
      },
      { provide: DATABASE, useExisting: PGLITE_DATABASE },
      { provide: USER_DATABASE, inject: [PGLITE_DATABASE], useFactory: userDatabaseOf },
      {
        provide: Symbol('close database'),
        inject: [PGLITE_DATABASE],
        useFactory: (database: PgliteDatabase) => ({ onApplicationShutdown: () => database.close() }),
      },
    ];
    return {
      module: PgliteModule,
      global: true,
      providers,
      exports: [PGLITE_DATABASE, DATABASE, USER_DATABASE],
    };
  }
}

async function openMigrated(
  { TORALE_DATA_DIR, EMBEDDED_DURABILITY }: ConfigOf<typeof embeddedDatabaseConfig>,
  options: PgliteModuleOptions,
): Promise<PgliteDatabase> {
  const database = await openPglite({ dataDirectory: TORALE_DATA_DIR, durability: EMBEDDED_DURABILITY });
  try {
    for (const script of options.scripts) await runSqlScript(database, await readFile(script, 'utf8'));
    await applyMigrations(database, options.migrations);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
