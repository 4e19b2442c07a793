import {
  createTestDatabase,
  createUser,
  hasPostgres,
  startPostgres,
  type PostgresCluster,
  type TestUser,
} from '@torale/testing';
import {
  openPostgres,
  userDatabaseOf,
  type Database,
  type ScriptableDatabase,
  type UserDatabase,
} from '../src/index.ts';

export interface OpenedDatabase {
  /** As the services have it. */
  database: Database & ScriptableDatabase;
  /** As the gateway has it: on Postgres through the role `authenticator`. */
  userDatabase: UserDatabase;
  createUser(): Promise<TestUser>;
}

/** Declares the same tests for the embedded database and for a real one. */
export function onBothDatabases(declare: (opened: () => OpenedDatabase) => void): void {
  describe('on PGlite', () => {
    let opened: Awaited<ReturnType<typeof createTestDatabase>>;
    beforeAll(async () => {
      opened = await createTestDatabase();
    }, 60_000);
    afterAll(() => opened.close());
    declare(() => opened);
  });

  (hasPostgres ? describe : describe.skip)('on Postgres', () => {
    let cluster: PostgresCluster;
    let opened: OpenedDatabase;
    beforeAll(async () => {
      cluster = await startPostgres();
      const database = openPostgres({ url: cluster.url, poolSize: 4 });
      const userDatabase = userDatabaseOf(openPostgres({ url: cluster.authenticatorUrl, poolSize: 4 }));
      opened = { database, userDatabase, createUser: () => createUser(database) };
    }, 60_000);
    afterAll(async () => {
      await opened.userDatabase.close();
      await opened.database.close();
      await cluster.stop();
    });
    declare(() => opened);
  });
}
