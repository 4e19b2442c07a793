import { Global, Module } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { aiConfig } from './ai.config.ts';
import { EMBEDDER } from './embedder.ts';
import { LANGUAGE_MODEL, type LanguageModel } from './language-model.ts';
import { LocalEmbedder } from './local-embedder.ts';
import { OpenAiLanguageModel } from './openai-language-model.ts';

/** The model that the configuration names; null where no key is configured. */
export function createLanguageModel(config: ConfigOf<typeof aiConfig>): LanguageModel | null {
  const timeoutMs = config.AI_TIMEOUT_MS;
  if (config.OPENAI_API_KEY) {
    return new OpenAiLanguageModel({
      apiKey: config.OPENAI_API_KEY,
      baseUrl: config.OPENAI_BASE_URL ?? 'https://api.openai.com/v1',
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
  providers: [{ provide: EMBEDDER, useFactory: () => LocalEmbedder.load() }],
  exports: [EMBEDDER, LanguageModelModule],
})
export class AiModule {}
