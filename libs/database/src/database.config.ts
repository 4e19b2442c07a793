import { defineConfig } from '@torale/contracts';
import { z } from 'zod';

/** For processes on a real Postgres. */
export const databaseConfig = defineConfig('database', {
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .meta({ description: 'Postgres ≥ 15 with pgvector, `postgresql://user:password@host:port/database`.' }),
  DATABASE_POOL_SIZE: z.coerce
    .number()
    .int()
    .min(1)
    .default(10)
    .meta({ description: 'Connections to Postgres, at most, of one process.' }),
});

/** For the process that owns the embedded database. */
export const embeddedDatabaseConfig = defineConfig('embedded-database', {
  TORALE_DATA_DIR: z
    .string()
    .min(1)
    .default('.torale')
    .meta({ description: 'Folder of the embedded database and of everything else that is kept.' }),
});
