import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { CONTENT_PROCESSOR_API } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { ReadinessRegistry } from '@torale/service-host';
import { BlockEmbedder } from './block-embedder.ts';
import { ContentProcessorController } from './content-processor.controller.ts';
import { ContentProcessorService } from './content-processor.service.ts';
import { ContentsRepository } from './contents.repository.ts';
import { Extractor } from './extract/extractor.ts';

/** URL → content. Needs DATABASE, EMBEDDER, OUTBOUND_HTTP and its config slice. */
@Module({
  providers: [
    ContentsRepository,
    BlockEmbedder,
    Extractor,
    ContentProcessorService,
    { provide: CONTENT_PROCESSOR_API, useExisting: ContentProcessorService },
  ],
  exports: [CONTENT_PROCESSOR_API],
})
export class ContentProcessorModule implements OnModuleInit {
  constructor(
    @Inject(ReadinessRegistry) private readonly readiness: ReadinessRegistry,
    @Inject(DATABASE) private readonly database: Database,
  ) {}

  onModuleInit(): void {
    this.readiness.add('database', () => this.database.ping());
  }
}

/** The same over HTTP, for a process of its own. Needs the service token's config slice too. */
@Module({ imports: [ContentProcessorModule], controllers: [ContentProcessorController] })
export class ContentProcessorHttpModule {}
