export * from './embedder.ts';
export * from './language-model.ts';
