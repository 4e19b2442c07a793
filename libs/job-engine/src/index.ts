export * from './job-engine.ts';
