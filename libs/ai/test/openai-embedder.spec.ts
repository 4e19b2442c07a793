import { FakeEmbeddingsApi } from '@torale/testing';
import { OpenAiEmbedder } from '../src/openai-embedder.ts';

let api: FakeEmbeddingsApi;
beforeEach(async () => {
  api = await FakeEmbeddingsApi.start('sk-secret-key', 1536);
});
afterEach(() => api.close());

const embedderWith = (options: Partial<ConstructorParameters<typeof OpenAiEmbedder>[0]> = {}) =>
  new OpenAiEmbedder({
    apiKey: 'sk-secret-key',
    baseUrl: api.url,
    model: 'text-embedding-3-small',
    dimensions: 1536,
    timeoutMs: 5_000,
    ...options,
  });
const length = (vector: Float32Array) => Math.hypot(...vector);

it('gives a unit vector for each text, in order, whatever order they come in', async () => {
  const embedder = embedderWith();
  const [a, b, again] = (await embedder.embed(['first', 'second', 'first'])) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  expect([a.length, length(a), length(b)]).toEqual([1536, expect.closeTo(1, 5), expect.closeTo(1, 5)]);
  expect(again).toEqual(a);
  expect(b).not.toEqual(a);
  expect(embedder).toMatchObject({ model: 'text-embedding-3-small', dimensions: 1536 });
  expect(api.requests).toEqual([
    { model: 'text-embedding-3-small', input: ['first', 'second', 'first'], encoding_format: 'float' },
  ]);
});

it('asks for many texts in batches, and for none not at all', async () => {
  const texts = Array.from({ length: 150 }, (_, i) => `text ${i}`);
  const vectors = await embedderWith().embed(texts);
  expect(api.requests.map(({ input }) => input.length)).toEqual([64, 64, 22]);
  expect(vectors).toHaveLength(150);
  expect(await embedderWith().embed([])).toEqual([]);
  expect(vectors[149]).toEqual((await embedderWith().embed(['text 149']))[0]);
});

it('copes with empty and endless texts', async () => {
  const vectors = await embedderWith().embed(['', '  ', 'x'.repeat(1_000_000)]);
  expect(vectors.map(length)).toEqual([1, 1, 1].map((one) => expect.closeTo(one, 5)));
  expect(api.requests[0]!.input[2]).toHaveLength(4_000);
});

it('asks OpenAI for shorter vectors, and gives them another name', async () => {
  const embedder = embedderWith({ dimensions: 256 });
  expect(embedder.model).toBe('text-embedding-3-small@256');
  expect((await embedder.embed(['a']))[0]).toHaveLength(256);
  expect(api.requests[0]).toMatchObject({ model: 'text-embedding-3-small', dimensions: 256 });
});

it('takes any other server at its word, and notices when it gives something else', async () => {
  const embedder = embedderWith({ model: 'nomic-embed-text', dimensions: 768 });
  await expect(embedder.embed(['a'])).rejects.toMatchObject({
    code: 'upstream_failed',
    message: expect.stringContaining('gives 1536 dimensions, not 768'),
  });
  expect(api.requests[0]).not.toHaveProperty('dimensions');
});

it('gets over a failure, and says when one lasts', async () => {
  api.fail({ status: 503, retry_after: 0 });
  expect(await embedderWith().embed(['a'])).toHaveLength(1);
  api.fail(...Array.from({ length: 3 }, () => ({ status: 429, retry_after: 0 })));
  await expect(embedderWith().embed(['a'])).rejects.toMatchObject({ code: 'service_unavailable' });
});

it('says what to check when the key is refused, without the key', async () => {
  const error = (await embedderWith({ apiKey: 'sk-wrong-key' })
    .embed(['a'])
    .catch((caught: unknown) => caught)) as Error;
  expect(error).toMatchObject({ code: 'upstream_failed' });
  expect(error.message).toMatch(/401.*check its key/);
  expect(error.message).not.toContain('sk-');
});

it('takes a server that is not there for service_unavailable', async () => {
  await expect(embedderWith({ baseUrl: 'http://127.0.0.1:1/v1' }).embed(['a'])).rejects.toMatchObject({
    code: 'service_unavailable',
    message: 'The embedding model cannot be reached',
  });
});
