import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { Kysely, PGliteDialect, sql } from 'kysely';
import { columnParsers } from './column-parsers.ts';
import { lockDataDirectory } from './data-directory-lock.ts';
import type { Durability } from './database.config.ts';
import type { Database } from './database.ts';
import { makeDirectory } from './durable-file.ts';
import { pgliteForKysely } from './pglite-for-kysely.ts';
import { openPgliteOnDisk } from './pglite-on-disk.ts';
import { keepInShape } from './pglite-upkeep.ts';
import type { DatabaseSchema } from './schema.ts';
import type { ScriptableDatabase } from './sql-script.ts';

export interface PgliteDatabase extends Database, ScriptableDatabase {
  /** The one connection, for the job engine, which shares it. */
  readonly pglite: PGlite;
}

/**
 * On disk, where `durability` says what commits survive (by default the loss of power), or in memory, there optionally
 * from what `pglite.dumpDataDir` gave.
 */
export type PgliteOptions =
  { dataDirectory: string; durability?: Durability } | { memory: true; dump?: Blob };

/**
 * Postgres in this process. There is one connection: transactions run one after the other, and a statement waits
 * for the open transaction to end. So inside `transaction` use only the transaction that was given; `kysely` there
 * would wait for itself, for ever.
 *
 * Rejects when another process has the data directory open. When the log of the database cannot be written or forced
 * to the disk, this process ends.
 */
export async function openPglite(options: PgliteOptions): Promise<PgliteDatabase> {
  const onDisk = 'dataDirectory' in options;
  if (onDisk) await makeDirectory(options.dataDirectory);
  const lock = onDisk ? lockDataDirectory(options.dataDirectory) : undefined;
  try {
    const common = { extensions: { vector }, parsers: columnParsers };
    const pglite = onDisk
      ? await openPgliteOnDisk(options.dataDirectory, options.durability ?? 'power_loss', common)
      : await PGlite.create({ ...common, ...(options.dump ? { loadDataDir: options.dump } : {}) });
    const stopKeeping = onDisk ? keepInShape(pglite) : undefined;
    const kysely = new Kysely<DatabaseSchema>({
      dialect: new PGliteDialect({ pglite: pgliteForKysely(pglite) }),
    });
    return {
      pglite,
      kysely,
      transaction: (work) => kysely.transaction().execute(work),
      ping: async () => void (await sql`select 1`.execute(kysely)),
      async close() {
        stopKeeping?.();
        try {
          await pglite.close();
        } finally {
          lock?.release();
        }
      },
      scriptTransaction: (work) =>
        pglite.transaction((transaction) =>
          work({
            run: async (script) => void (await transaction.exec(script)),
            query: async <Row extends object>(text: string, parameters?: unknown[]) =>
              (await transaction.query<Row>(text, parameters)).rows,
          }),
        ),
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}
