export * from './api-session.ts';
export * from './eventually.ts';
export * from './fake-site.ts';
export * from './torale-process.ts';
export * from './sample-pages.ts';
export * from './factories.ts';
export * from './test-database.ts';
