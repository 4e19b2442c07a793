import { Global, Module } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { aiConfig, embeddingServerOf, openAiUrl } from './ai.config.ts';
import { EMBEDDER, type Embedder } from './embedder.ts';
import { LANGUAGE_MODEL, type LanguageModel } from './language-model.ts';
import { LocalEmbedder } from './local-embedder.ts';
import { nativeDimensionsOf, OpenAiEmbedder } from './openai-embedder.ts';
import { OpenAiLanguageModel } from './openai-language-model.ts';

/** The model that the configuration names; null where no key is configured. */
export function createLanguageModel(config: ConfigOf<typeof aiConfig>): LanguageModel | null {
  const timeoutMs = config.AI_TIMEOUT_MS;
  if (config.OPENAI_API_KEY) {
    return new OpenAiLanguageModel({
      apiKey: config.OPENAI_API_KEY,
      baseUrl: config.OPENAI_BASE_URL ?? openAiUrl,
      model: config.OPENAI_MODEL,
      timeoutMs,
    });
  }
  if (config.PERPLEXITY_API_KEY) {
    return new OpenAiLanguageModel({
      apiKey: config.PERPLEXITY_API_KEY,
      baseUrl: config.PERPLEXITY_BASE_URL,
      model: 'sonar',
      timeoutMs,
    });
  }
  return null;
}

/** The embedder that the configuration names; the one that ships when it names none, whatever keys there are. */
export async function createEmbedder(config: ConfigOf<typeof aiConfig>): Promise<Embedder> {
  const { EMBEDDING_MODEL: model, EMBEDDING_DIMENSIONS, AI_TIMEOUT_MS: timeoutMs } = config;
  if (!model) return LocalEmbedder.load();
  const { baseUrl, apiKey } = embeddingServerOf(config);
  const dimensions = EMBEDDING_DIMENSIONS ?? nativeDimensionsOf(model);
  if (!apiKey || !dimensions)
    throw new Error('aiConfig lets no embedding model pass without key and dimensions');
  return new OpenAiEmbedder({ apiKey, baseUrl, model, dimensions, timeoutMs });
}

/** Provides LANGUAGE_MODEL everywhere; needs the values of `aiConfig`. For services that embed nothing. */
@Global()
@Module({
  providers: [{ provide: LANGUAGE_MODEL, useFactory: createLanguageModel, inject: [aiConfig.token] }],
  exports: [LANGUAGE_MODEL],
})
export class LanguageModelModule {}

/** Provides EMBEDDER and LANGUAGE_MODEL everywhere; needs the values of `aiConfig`. */
@Global()
@Module({
  imports: [LanguageModelModule],
  providers: [{ provide: EMBEDDER, useFactory: createEmbedder, inject: [aiConfig.token] }],
  exports: [EMBEDDER, LanguageModelModule],
})
export class AiModule {}
