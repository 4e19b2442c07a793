import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { CONTENT_PROCESSOR_API } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { ReadinessRegistry } from '@torale/service-host';
import { BlockEmbedder } from './block-embedder.ts';
import { ContentProcessorOperations } from './content-processor.operations.ts';
import { ContentProcessorController } from './content-processor.controller.ts';
import { ContentProcessorService } from './content-processor.service.ts';
import { StoredContents } from './contents/stored-contents.ts';
import { StoredContentsRepository } from './contents/stored-contents.repository.ts';
import { ContentsRepository } from './contents.repository.ts';
import { Extractor } from './extract/extractor.ts';
import { HostTurnsRepository } from './politeness/host-turns.repository.ts';
import { Politeness } from './politeness/politeness.ts';
import { SiteManners } from './politeness/site-manners.ts';
import { Reembedder } from './reembedder.ts';
import { BrowserRenderer } from './render/browser-renderer.ts';
import { RENDERER } from './render/renderer.ts';
import { SourceReader } from './render/source-reader.ts';
import { WarmBrowser } from './render/warm-browser.ts';
import { Housekeeping } from './retention/housekeeping.ts';
import { RetentionRepository } from './retention/retention.repository.ts';
import { Robots } from './robots/robots.ts';
import { RobotsFilesRepository } from './robots/robots-files.repository.ts';
import { Snapshots } from './snapshots/snapshots.ts';
import { SnapshotsRepository } from './snapshots/snapshots.repository.ts';

/** URL → content. Needs DATABASE, EMBEDDER, OUTBOUND_HTTP, SEALER, SNAPSHOT_STORE and its config slice. */
@Module({
  providers: [
    ContentsRepository,
    BlockEmbedder,
    Extractor,
    HostTurnsRepository,
    Politeness,
    Robots,
    RobotsFilesRepository,
    SiteManners,
    Snapshots,
    SnapshotsRepository,
    SourceReader,
    WarmBrowser,
    { provide: RENDERER, useClass: BrowserRenderer },
    ContentProcessorService,
    StoredContents,
    StoredContentsRepository,
    Reembedder,
    Housekeeping,
    RetentionRepository,
    ContentProcessorOperations,
    { provide: CONTENT_PROCESSOR_API, useExisting: ContentProcessorOperations },
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
