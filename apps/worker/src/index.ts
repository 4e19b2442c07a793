export { WorkerModule } from './worker.module.ts';
export { workerConfig } from './worker.config.ts';
