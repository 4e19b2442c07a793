import { aiConfig } from '../src/ai.config.ts';
import { createLanguageModel } from '../src/ai.module.ts';

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
