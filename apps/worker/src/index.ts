export { AdminModule } from './admin/admin.module.ts';
export { operatorConfig } from './admin/operator.config.ts';
export { WorkerModule } from './worker.module.ts';
export { workerConfig } from './worker.config.ts';
