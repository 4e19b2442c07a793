import type { PGlite } from '@electric-sql/pglite';
import type { PGlite as KyselyPglite, PGliteTransaction } from 'kysely';

/**
 * PGlite as Kysely uses it, except that a transaction that cannot begin (the database was closed) rejects. Kysely by
 * itself would wait for ever for it to begin, and the rejection that nobody handles would end the process.
 */
export const pgliteForKysely = (pglite: PGlite): KyselyPglite => ({
  get closed() {
    return pglite.closed;
  },
  get ready() {
    return pglite.ready;
  },
  waitReady: pglite.waitReady,
  close: () => pglite.close(),
  query: (sql, parameters, options) => pglite.query(sql, parameters, options),
  async transaction<T>(work: (transaction: PGliteTransaction) => Promise<T>): Promise<T> {
    let begun = false;
    try {
      return await pglite.transaction((transaction) => {
        begun = true;
        return work(transaction);
      });
    } catch (error) {
      if (!begun) await work({ query: () => Promise.reject(error), rollback: async () => undefined });
      throw error;
    }
  },
});
