import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { columnParsers } from './column-parsers.ts';
import type { Database } from './database.ts';
import type { DatabaseSchema } from './schema.ts';
import type { ScriptableDatabase } from './sql-script.ts';

/** A server that does not take a connection in this time is down, milliseconds. */
const CONNECTION_TIMEOUT_MS = 3_000;
const PING_TIMEOUT_MS = 2_000;
/** What the server allows one statement, milliseconds: everything Torale runs takes far less. */
const STATEMENT_TIMEOUT_MS = 15_000;
/** The client's own limit, for a server that can no longer answer, milliseconds. */
const QUERY_TIMEOUT_MS = 20_000;
/** A transaction left open by a stuck process holds locks no longer than this, milliseconds. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;

export interface PostgresOptions {
  url: string;
  /** Connections at most. */
  poolSize: number;
}

/**
 * A pool on a real Postgres. Connects at the first statement. Statements reject at once when the server refuses
 * connections and within CONNECTION_TIMEOUT_MS when it does not answer; the pool recovers by itself.
 */
export function openPostgres(options: PostgresOptions): Database & ScriptableDatabase {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: 'torale',
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    types: { getTypeParser },
  });
  // An idle connection that breaks has left the pool by the time this is called, and the next statement says what is
  // wrong; without a listener the event would end the process.
  pool.on('error', () => undefined);
  // The same for one that is in use, between two statements of a transaction: the pool does not listen to it then.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const kysely = new Kysely<DatabaseSchema>({ dialect: new PostgresDialect({ pool }) });
  return {
    kysely,
    transaction: (work) => kysely.transaction().execute(work),
    async ping() {
      await sql`select 1`.execute(kysely, { signal: AbortSignal.timeout(PING_TIMEOUT_MS) });
    },
    close: () => pool.end(),
    async scriptTransaction(work) {
      // A connection of its own, without the pool's timeouts.
      const client = new pg.Client({
        connectionString: options.url,
        connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
        types: { getTypeParser },
      });
      client.on('error', () => undefined);
      await client.connect();
      try {
        await client.query('begin');
        const result = await work({
          run: async (script) => void (await client.query(script)),
          query: async (text, parameters) => (await client.query(text, parameters)).rows,
        });
        await client.query('commit');
        return result;
      } finally {
        // Ends an uncommitted transaction too.
        await client.end();
      }
    },
  };
}

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: unknown) =>
  (format !== 'binary' && columnParsers[oid]) || pg.types.getTypeParser(oid, format as 'text');
