export * from './ai.config.ts';
export { AiModule, LanguageModelModule } from './ai.module.ts';
export * from './embedder.ts';
export * from './language-model.ts';
export * from './local-embedder.ts';
export * from './openai-language-model.ts';
