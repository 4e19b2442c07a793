export { contentProcessorConfig } from './content-processor.config.ts';
export { ContentProcessorHttpModule, ContentProcessorModule } from './content-processor.module.ts';
export { extractContent, type ExtractedContent } from './extract/extract-content.ts';
export { ExtractionError } from './extract/extraction-error.ts';
