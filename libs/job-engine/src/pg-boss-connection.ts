import type { PGlite } from '@electric-sql/pglite';
import { type Transaction } from '@torale/database';
import { CompiledQuery } from 'kysely';
import { fromPglite, type Db } from 'pg-boss';

const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
/** pg-boss reckons with dates, where the rest of Torale reads strings. */
const parsers = { [TIMESTAMP]: asDate, [TIMESTAMPTZ]: asDate };

function asDate(text: string): Date {
  return new Date(text);
}

/** pg-boss on the shared instance; never for use inside a transaction of it. */
export const pgliteConnection = (pglite: PGlite): Db =>
  fromPglite({
    query: (text, values) => pglite.query(text, values as unknown[], { parsers }),
    exec: (script) => pglite.exec(script, { parsers }),
  });

/**
 * pg-boss inside a transaction of ours. Errors pass through untouched, so that the transaction rolls back as a whole
 * (pg-boss's own adapter for PGlite would roll back by itself and let what follows commit).
 */
export const transactionConnection = (transaction: Transaction): Db => ({
  executeSql: async (text, values = []) => {
    const { rows } = await transaction.executeQuery(CompiledQuery.raw(text, [...values]));
    return { rows };
  },
});

export type RunInTransaction = <T>(work: (db: Db) => Promise<T>) => Promise<T>;

/** A transaction of the engine's own, on the shared instance. */
export const pgliteTransaction =
  (pglite: PGlite): RunInTransaction =>
  (work) =>
    pglite.transaction((transaction) =>
      work({
        executeSql: async (text, values = []) => transaction.query(text, values as unknown[], { parsers }),
      }),
    );

/** A transaction of the engine's own, on a connection of pg-boss's pool. */
export const pooledTransaction =
  (pool: Db): RunInTransaction =>
  async (work) => {
    if (!pool.beginTransaction) throw new Error('This connection of pg-boss has no transactions');
    const transaction = await pool.beginTransaction();
    try {
      const result = await work(transaction.db);
      await transaction.commit();
      return result;
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  };
