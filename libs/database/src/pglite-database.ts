import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { Kysely, PGliteDialect, sql } from 'kysely';
import { columnParsers } from './column-parsers.ts';
import { lockDataDirectory } from './data-directory-lock.ts';
import type { Database } from './database.ts';
import { pgliteForKysely } from './pglite-for-kysely.ts';
import type { DatabaseSchema } from './schema.ts';
import type { ScriptableDatabase } from './sql-script.ts';

export interface PgliteDatabase extends Database, ScriptableDatabase {
  /** The one connection, for the job engine, which shares it. */
  readonly pglite: PGlite;
}

/** On disk, or in memory, there optionally from what `pglite.dumpDataDir` gave. */
export type PgliteOptions = { dataDirectory: string } | { memory: true; dump?: Blob };

/**
 * Postgres in this process. There is one connection: transactions run one after the other, and a statement waits
 * for the open transaction to end. So inside `transaction` use only the transaction that was given; `kysely` there
 * would wait for itself, for ever.
 *
 * Rejects when another process has the data directory open. Survives `kill -9`, but not the loss of power: PGlite
 * never syncs to disk.
 */
export async function openPglite(options: PgliteOptions): Promise<PgliteDatabase> {
  const onDisk = 'dataDirectory' in options;
  if (onDisk) await mkdir(options.dataDirectory, { recursive: true });
  const lock = onDisk ? lockDataDirectory(options.dataDirectory) : undefined;
  try {
    const pglite = await PGlite.create({
      ...(onDisk ? { dataDir: join(options.dataDirectory, 'postgres') } : {}),
      ...(!onDisk && options.dump ? { loadDataDir: options.dump } : {}),
      extensions: { vector },
      parsers: columnParsers,
    });
    const kysely = new Kysely<DatabaseSchema>({
      dialect: new PGliteDialect({ pglite: pgliteForKysely(pglite) }),
    });
    return {
      pglite,
      kysely,
      transaction: (work) => kysely.transaction().execute(work),
      ping: async () => void (await sql`select 1`.execute(kysely)),
      async close() {
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
