import { LOCAL_EMBEDDER_DIMENSIONS, LOCAL_EMBEDDER_MODEL } from '@torale/ai';
import { createTestDatabase, type TestDatabase } from '@torale/testing';
import { sql } from 'kysely';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

test('the index of the migrations serves the embedder that ships', async () => {
  const vector = sql`embedding::extensions.vector(${sql.lit(LOCAL_EMBEDDER_DIMENSIONS)})`;
  const probe = `[${Array.from({ length: LOCAL_EMBEDDER_DIMENSIONS }, () => 0.1).join(',')}]`;
  const plan = await database.database.transaction(async (transaction) => {
    await sql`set local enable_seqscan = off`.execute(transaction);
    return sql<{ 'QUERY PLAN': string }>`explain select id from content_embeddings
      where model = ${sql.lit(LOCAL_EMBEDDER_MODEL)}
      order by ${vector} operator(extensions.<=>) ${sql.lit(probe)}::extensions.vector limit 5`.execute(
      transaction,
    );
  });
  expect(plan.rows.map((row) => row['QUERY PLAN']).join('\n')).toContain(
    'content_embeddings_local_model_idx',
  );
});
