export * from './api-session.ts';
export * from './eventually.ts';
export * from './fake-site.ts';
export * from './torale-process.ts';
