import { Module } from '@nestjs/common';
import { DISCOVERY_API } from '@torale/contracts';
import { DiscoveryController } from './discovery.controller.ts';
import { DiscoveryService } from './discovery.service.ts';
import { PageInspector } from './page/page-inspector.ts';
import { SentenceReader } from './sentence/sentence-reader.ts';

/** Sentence → sources. Needs OUTBOUND_HTTP and LANGUAGE_MODEL. */
@Module({
  providers: [
    PageInspector,
    SentenceReader,
    DiscoveryService,
    { provide: DISCOVERY_API, useExisting: DiscoveryService },
  ],
  exports: [DISCOVERY_API],
})
export class DiscoveryModule {}

/** The same over HTTP, for a process of its own. Needs the service token's config slice too. */
@Module({ imports: [DiscoveryModule], controllers: [DiscoveryController] })
export class DiscoveryHttpModule {}
