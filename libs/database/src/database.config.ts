import { type ConfigOf, defineConfig } from '@torale/contracts';
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
  EMBEDDED_DURABILITY: z.enum(['power_loss', 'process_death']).default('power_loss').meta({
    description:
      'What everything that the embedded database has acknowledged survives. `power_loss`: also that the machine loses power; each commit waits for the disk. `process_death`: that Torale is killed, but a machine that stops may lose the last seconds, or leave a database that does not open.',
  }),
});
export type Durability = ConfigOf<typeof embeddedDatabaseConfig>['EMBEDDED_DURABILITY'];
