export { aiConfig } from './ai.config.ts';
export { AiModule, LanguageModelModule } from './ai.module.ts';
export * from './embedder.ts';
export * from './language-model.ts';
export * from './local-embedder.ts';
export { OpenAiEmbedder, type OpenAiEmbedderOptions } from './openai-embedder.ts';
export * from './openai-language-model.ts';
