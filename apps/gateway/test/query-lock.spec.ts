import { createPostgresTestDatabase, hasPostgres, insertSource } from '@torale/testing';
import { sql } from 'kysely';
import { lockUserQuery } from '../src/user-queries/user-queries.repository.ts';

/**
 * Whoever changes a query goes on to lock its sources. A worker that notices that one of them is failing has locked it,
 * and then writes a notice that refers to the query: were that to wait, each would wait for the other.
 */
(hasPostgres ? test : test.skip)('a query that is being changed can be told of', async () => {
  const { database, close } = await createPostgresTestDatabase(2);
  const { id: source_id, user_id, user_query_id } = await insertSource(database);
  await database.transaction(async (gateway) => {
    await lockUserQuery(gateway, user_query_id);
    await database.transaction(async (worker) => {
      await sql`set local lock_timeout = '2s'`.execute(worker);
      await sql`select from monitored_sources where id = ${source_id} for no key update`.execute(worker);
      await worker
        .insertInto('notices')
        .values({ user_id, user_query_id, source_id, kind: 'failing', occurred_at: new Date().toISOString() })
        .execute();
    });
  });
  await close();
});
