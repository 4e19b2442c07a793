export { contentProcessorConfig } from './content-processor.config.ts';
export { ContentProcessorHttpModule, ContentProcessorModule } from './content-processor.module.ts';
