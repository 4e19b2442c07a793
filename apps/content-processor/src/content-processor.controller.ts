import { Body, Controller, Inject, Param, type StreamableFile, UseGuards } from '@nestjs/common';
import {
  CONTENT_PROCESSOR_API,
  type ContentProcessorApi,
  contentProcessorContract,
  type EmbedRequest,
  type ExtractRequest,
  type ExtractResponse,
  type ProcessBatchRequest,
  type ProcessRequest,
  type ScrapeRequest,
} from '@torale/contracts';
import { Handle, ndjson, ServiceTokenGuard } from '@torale/service-host';

const {
  process,
  processBatch,
  scrape,
  extract,
  embed,
  getContent,
  getSnapshot,
  diffContents,
  reembed,
  housekeep,
} = contentProcessorContract.endpoints;

@Controller()
@UseGuards(ServiceTokenGuard)
export class ContentProcessorController {
  constructor(@Inject(CONTENT_PROCESSOR_API) private readonly contentProcessor: ContentProcessorApi) {}

  @Handle(process)
  process(@Body({ schema: process.body }) request: ProcessRequest) {
    return this.contentProcessor.process(request);
  }

  @Handle(processBatch)
  processBatch(@Body({ schema: processBatch.body }) request: ProcessBatchRequest): StreamableFile {
    return ndjson(this.contentProcessor.processBatch(request));
  }

  @Handle(scrape)
  scrape(@Body({ schema: scrape.body }) request: ScrapeRequest) {
    return this.contentProcessor.scrape(request);
  }

  @Handle(extract)
  extract(@Body({ schema: extract.body }) request: ExtractRequest): Promise<ExtractResponse> {
    return this.contentProcessor.extract(request);
  }

  @Handle(embed)
  embed(@Body({ schema: embed.body }) request: EmbedRequest) {
    return this.contentProcessor.embed(request);
  }

  @Handle(getContent)
  getContent(@Param({ schema: getContent.params }) params: { id: string }) {
    return this.contentProcessor.getContent(params);
  }

  @Handle(getSnapshot)
  getSnapshot(@Param({ schema: getSnapshot.params }) params: { id: string }) {
    return this.contentProcessor.getSnapshot(params);
  }

  @Handle(diffContents)
  diffContents(@Param({ schema: diffContents.params }) params: { a: string; b: string }) {
    return this.contentProcessor.diffContents(params);
  }

  @Handle(reembed)
  reembed(@Body({ schema: reembed.body }) request: { source_id: string }) {
    return this.contentProcessor.reembed(request);
  }

  @Handle(housekeep)
  housekeep() {
    return this.contentProcessor.housekeep(undefined);
  }
}
