import type { Kysely, Transaction as KyselyTransaction } from 'kysely';
import type { DatabaseSchema } from './schema.ts';

export type Transaction = KyselyTransaction<DatabaseSchema>;

/** What the pipeline's services use: their login role bypasses row level security, so they filter by owner. */
export interface Database {
  /** For single statements. Never used inside `transaction`: with one connection (PGlite) that waits for ever. */
  readonly kysely: Kysely<DatabaseSchema>;
  /** Commits when `work` resolves, rolls back when it rejects. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
export const DATABASE = Symbol.for('torale.Database');

/** The claims of a verified access token, as Postgres sees them in `request.jwt.claims`. */
export interface UserClaims {
  /** The user's id. */
  sub: string;
  role: 'authenticated';
  email?: string | undefined;
}

/** What the gateway uses: every statement runs as `authenticated` with the caller's claims, or as `anon`. */
export interface UserDatabase {
  asUser<T>(claims: UserClaims, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  asAnonymous<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
export const USER_DATABASE = Symbol.for('torale.UserDatabase');
