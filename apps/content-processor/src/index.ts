export { contentProcessorConfig } from './content-processor.config.ts';
export { ContentProcessorHttpModule, ContentProcessorModule } from './content-processor.module.ts';
export { SnapshotStoreModule } from './snapshots/snapshot-store.module.ts';
export { snapshotsConfig } from './snapshots/snapshots.config.ts';
export { extractContent, type ExtractedContent } from './extract/extract-content.ts';
export { ExtractionError } from './extract/extraction-error.ts';
