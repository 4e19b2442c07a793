import type { Database } from '@torale/database';
import { createPostgresTestDatabase, createTestDatabase, hasPostgres } from '@torale/testing';
import { sql } from 'kysely';
import { PgBossJobEngine, type JobEngineConnection } from '../src/index.ts';

export interface Subject {
  database: Database;
  connection: JobEngineConnection;
  close(): Promise<void>;
}

export async function onPglite(): Promise<Subject> {
  const { database, close } = await createTestDatabase();
  return { database, connection: { pglite: database.pglite }, close };
}

export async function onPostgres(): Promise<Subject> {
  const { database, url, close } = await createPostgresTestDatabase(4);
  return { database, connection: { url }, close };
}

/**
 * Declares tests for each database that is here. `engine()` is a fresh one in each, and there are no jobs;
 * `startAgain` puts another in its place when it was stopped.
 */
export function describeOnBoth(
  what: string,
  declare: (subject: () => Subject, engine: () => PgBossJobEngine, startAgain: () => Promise<void>) => void,
): void {
  describe.each([
    ['PGlite', onPglite, true],
    ['Postgres', onPostgres, hasPostgres],
  ] as const)(`${what}, on %s`, (_, open, available) => {
    if (!available) return test.skip('there is no Postgres here', () => undefined);
    let subject: Subject;
    let engine: PgBossJobEngine;
    beforeAll(async () => {
      subject = await open();
    }, 60_000);
    afterAll(() => subject.close());
    const start = async () => {
      engine = await PgBossJobEngine.start(subject.connection);
    };
    beforeEach(start);
    afterEach(async () => {
      await engine.stop(0);
      await sql`delete from pgboss.job`.execute(subject.database.kysely);
    });
    declare(
      () => subject,
      () => engine,
      start,
    );
  });
}
