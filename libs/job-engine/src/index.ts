export * from './job-engine.ts';
export * from './job-engine.module.ts';
export * from './pg-boss-job-engine.ts';
