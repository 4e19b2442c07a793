export * from './handler-result.ts';
export * from './job-engine.ts';
export * from './job-engine.module.ts';
export * from './pg-boss-job-engine.ts';
export * from './job-handler.decorator.ts';
export * from './job-server.ts';
export * from './original-error.filter.ts';
export * from './dead-letters.ts';
export type { ErrorClass } from './error-class.ts';
