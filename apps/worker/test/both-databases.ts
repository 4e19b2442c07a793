import { openPostgres, type Database } from '@torale/database';
import { PgBossJobEngine, type JobEngineConnection } from '@torale/job-engine';
import { createTestDatabase, hasPostgres, startPostgres } from '@torale/testing';

export interface Opened {
  database: Database;
  connection: JobEngineConnection;
  /** Enqueues and works on nothing. */
  engine: PgBossJobEngine;
  close(): Promise<void>;
}

/** Declares the tests once for PGlite and once for Postgres, each on a database of their own. */
export function onBothDatabases(what: string, declare: (opened: () => Opened) => void): void {
  describe.each([
    ['PGlite', onPglite, true],
    ['Postgres', onPostgres, hasPostgres],
  ] as const)(`${what}, on %s`, (_, open, available) => {
    if (!available) return test.skip('there is no Postgres here', () => undefined);
    let opened: Opened;
    beforeAll(async () => {
      opened = await open();
    }, 60_000);
    afterAll(() => opened.close());
    declare(() => opened);
  });
}

async function onPglite(): Promise<Opened> {
  const { database, close } = await createTestDatabase();
  const connection = { pglite: database.pglite };
  const engine = await PgBossJobEngine.startSender(connection);
  return { database, connection, engine, close: () => engine.stop(0).then(close) };
}

export async function onPostgres(): Promise<Opened> {
  // Events wait for every transaction that began before theirs, also for those that refresh statistics.
  const cluster = await startPostgres({ autovacuum: 'off' });
  const connection = { url: cluster.url };
  const database = openPostgres({ ...connection, poolSize: 8 });
  const engine = await PgBossJobEngine.startSender(connection);
  const close = async () => {
    await engine.stop(0);
    await database.close();
    await cluster.stop();
  };
  return { database, connection, engine, close };
}
