import { LOCAL_EMBEDDER_DIMENSIONS, LOCAL_EMBEDDER_MODEL } from '@torale/ai';
import { createTestDatabase, type TestDatabase } from '@torale/testing';
import { sql } from 'kysely';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const ensure = (model: string, dimensions: number) =>
  sql`select public.ensure_embedding_index(${model}, ${dimensions})`.execute(database.database.kysely);

/** How Postgres would look for the nearest neighbours among the vectors of one model. */
async function planOf(model: string, dimensions: number, type: 'vector' | 'halfvec'): Promise<string> {
  const vector = sql`embedding::extensions.${sql.ref(type)}(${sql.lit(dimensions)})`;
  const probe = `[${Array.from({ length: dimensions }, () => 0.1).join(',')}]`;
  const plan = await database.database.transaction(async (transaction) => {
    await sql`set local enable_seqscan = off`.execute(transaction);
    return sql<{ 'QUERY PLAN': string }>`explain select id from content_embeddings
      where model = ${sql.lit(model)} and dimensions = ${sql.lit(dimensions)}
      order by ${vector} operator(extensions.<=>) ${sql.lit(probe)}::extensions.${sql.ref(type)} limit 5`.execute(
      transaction,
    );
  });
  return plan.rows.map((row) => row['QUERY PLAN']).join('\n');
}
const indexed = expect.stringContaining('content_embeddings_hnsw_');

test('the migrations bring an index for the embedder that ships', async () => {
  expect(await planOf(LOCAL_EMBEDDER_MODEL, LOCAL_EMBEDDER_DIMENSIONS, 'vector')).toEqual(indexed);
});

test.each([
  ['text-embedding-3-small', 1536, 'vector'],
  ['text-embedding-3-large', 3072, 'halfvec'],
  [`o'brien"; drop table content_embeddings --`, 3, 'vector'],
] as const)('a new model brings its own: %s with %i dimensions', async (model, dimensions, type) => {
  expect(await planOf(model, dimensions, type)).not.toEqual(indexed);
  await Promise.all([ensure(model, dimensions), ensure(model, dimensions)]);
  await ensure(model, dimensions);
  expect(await planOf(model, dimensions, type)).toEqual(indexed);
});

test('a model with more dimensions than an index takes has none', async () => {
  await ensure('huge', 5000);
  const { rows } = await sql<{ indexdef: string }>`select indexdef from pg_indexes
    where tablename = 'content_embeddings' and indexdef like '%huge%'`.execute(database.database.kysely);
  expect(rows).toEqual([]);
});

test.each([
  ['', 3],
  ['model', 0],
])('%p with %i dimensions is no model', async (model, dimensions) => {
  await expect(ensure(model, dimensions)).rejects.toThrow('not a model');
});
