import { sql } from 'kysely';
import type { Database, Transaction, UserClaims, UserDatabase } from './database.ts';

/**
 * A database that can only act as a user. Role and claims end with the transaction, so a pooled connection carries
 * nothing over to the next user.
 */
export function userDatabaseOf(database: Database): UserDatabase {
  const actAs = <T>(claims: UserClaims | { role: 'anon' }, work: (transaction: Transaction) => Promise<T>) =>
    database.transaction(async (transaction) => {
      // set_config('role', …) is `set local role` as an expression: one round trip, and both are parameters.
      await sql`select set_config('role', ${claims.role}, true),
        set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`.execute(transaction);
      return work(transaction);
    });
  return {
    asUser: actAs,
    asAnonymous: (work) => actAs({ role: 'anon' }, work),
    ping: () => database.ping(),
    close: () => database.close(),
  };
}
