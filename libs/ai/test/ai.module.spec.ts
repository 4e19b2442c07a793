import { aiConfig } from '../src/ai.config.ts';
import { createEmbedder, createLanguageModel } from '../src/ai.module.ts';
import { LOCAL_EMBEDDER_MODEL } from '../src/local-embedder.ts';

const modelOf = (environment: Record<string, string>) =>
  createLanguageModel(aiConfig.schema.parse(environment));

it.each([
  ['no key: no model', {}, undefined],
  ['OpenAI', { OPENAI_API_KEY: 'sk', OPENAI_MODEL: 'gpt-x' }, 'gpt-x'],
  ['Perplexity', { PERPLEXITY_API_KEY: 'pplx' }, 'sonar'],
  ['OpenAI before Perplexity', { OPENAI_API_KEY: 'sk', PERPLEXITY_API_KEY: 'pplx' }, 'gpt-4.1-mini'],
])('%s', (_name, environment, model) => {
  expect(modelOf(environment)?.model).toBe(model);
});

it('refuses an address without a key at start', () => {
  const result = aiConfig.schema.safeParse({ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' });
  expect(result.error?.issues).toEqual([expect.objectContaining({ path: ['OPENAI_API_KEY'] })]);
});

it.each([
  ['no key: the one that ships', {}, LOCAL_EMBEDDER_MODEL, 100],
  ['a key alone chooses nothing', { OPENAI_API_KEY: 'sk' }, LOCAL_EMBEDDER_MODEL, 100],
  [
    'OpenAI, by its own key',
    { OPENAI_API_KEY: 'sk', EMBEDDING_MODEL: 'text-embedding-3-small' },
    'text-embedding-3-small',
    1536,
  ],
  [
    'shorter vectors',
    { OPENAI_API_KEY: 'sk', EMBEDDING_MODEL: 'text-embedding-3-large', EMBEDDING_DIMENSIONS: '512' },
    'text-embedding-3-large@512',
    512,
  ],
  [
    'another server',
    {
      EMBEDDING_BASE_URL: 'http://127.0.0.1:11434/v1',
      EMBEDDING_API_KEY: 'any',
      EMBEDDING_MODEL: 'nomic-embed-text',
      EMBEDDING_DIMENSIONS: '768',
    },
    'nomic-embed-text',
    768,
  ],
])('embedder: %s', async (_name, environment, model, dimensions) => {
  expect(await createEmbedder(aiConfig.schema.parse(environment))).toMatchObject({ model, dimensions });
});

it.each([
  ['no key', { EMBEDDING_MODEL: 'text-embedding-3-small' }, 'EMBEDDING_API_KEY'],
  [
    'the key of OpenAI for another server',
    {
      OPENAI_API_KEY: 'sk',
      EMBEDDING_BASE_URL: 'http://127.0.0.1:1',
      EMBEDDING_MODEL: 'text-embedding-3-small',
    },
    'EMBEDDING_API_KEY',
  ],
  [
    'a model of unknown dimensions',
    { OPENAI_API_KEY: 'sk', EMBEDDING_MODEL: 'nomic-embed-text' },
    'EMBEDDING_DIMENSIONS',
  ],
])('an embedding model is refused at start with %s', (_name, environment, variable) => {
  const result = aiConfig.schema.safeParse(environment);
  expect(result.error?.issues.map(({ path }) => path)).toEqual([[variable]]);
});
