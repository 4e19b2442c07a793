export { contentProcessorConfig } from './content-processor.config.ts';
export { ContentProcessorHttpModule, ContentProcessorModule } from './content-processor.module.ts';
export { SnapshotStoreModule } from './snapshots/snapshot-store.module.ts';
export { snapshotsConfig } from './snapshots/snapshots.config.ts';
