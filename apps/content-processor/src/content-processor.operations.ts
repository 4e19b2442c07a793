import { Inject, Injectable, Logger } from '@nestjs/common';
import { EMBEDDER, type Embedder } from '@torale/ai';
import {
  AppError,
  type ConfigOf,
  type ContentProcessorApi,
  type EmbedRequest,
  type EmbedResponse,
  type ExtractRequest,
  type ProcessBatchRequest,
  type ProcessBatchResult,
  type ProcessRequest,
  type ScrapeRequest,
} from '@torale/contracts';
import { asTheyCome } from './batch/as-they-come.ts';
import { contentProcessorConfig } from './content-processor.config.ts';
import { ContentProcessorService } from './content-processor.service.ts';
import { StoredContents } from './contents/stored-contents.ts';
import { Reembedder } from './reembedder.ts';
import { Housekeeping } from './retention/housekeeping.ts';

/** Everything that other services may ask of this one. */
@Injectable()
export class ContentProcessorOperations implements ContentProcessorApi {
  readonly #logger = new Logger(ContentProcessorOperations.name);

  constructor(
    @Inject(ContentProcessorService) private readonly processor: ContentProcessorService,
    @Inject(StoredContents) private readonly contents: StoredContents,
    @Inject(Reembedder) private readonly reembedder: Reembedder,
    @Inject(Housekeeping) private readonly housekeeping: Housekeeping,
    @Inject(EMBEDDER) private readonly embedder: Embedder,
    @Inject(contentProcessorConfig.token) private readonly config: ConfigOf<typeof contentProcessorConfig>,
  ) {}

  process(request: ProcessRequest) {
    return this.processor.process(request);
  }

  /** A source that is named twice is processed once. */
  processBatch({ source_ids }: ProcessBatchRequest): AsyncIterable<ProcessBatchResult> {
    return asTheyCome(new Set(source_ids), this.config.PROCESS_BATCH_CONCURRENCY, (id) =>
      this.#processOne(id),
    );
  }

  async #processOne(source_id: string): Promise<ProcessBatchResult> {
    try {
      return { source_id, result: await this.processor.process({ source_id }), problem: null };
    } catch (error) {
      if (error instanceof AppError) return { source_id, result: null, problem: error.toProblem() };
      this.#logger.error(error, `Source ${source_id} of a batch could not be processed`);
      return { source_id, result: null, problem: new AppError('internal_error').toProblem() };
    }
  }

  scrape(request: ScrapeRequest) {
    return this.processor.scrape(request);
  }

  extract(request: ExtractRequest) {
    return this.processor.extract(request);
  }

  async embed({ texts }: EmbedRequest): Promise<EmbedResponse> {
    const { model, dimensions } = this.embedder;
    const vectors = await this.embedder.embed(texts);
    return { model, dimensions, vectors: vectors.map((vector) => [...vector]) };
  }

  getContent({ id }: { id: string }) {
    return this.contents.get(id);
  }

  getSnapshot({ id }: { id: string }) {
    return this.contents.snapshot(id);
  }

  diffContents({ a, b }: { a: string; b: string }) {
    return this.contents.diff(a, b);
  }

  async reembed({ source_id }: { source_id: string }) {
    return { embedded_blocks: await this.reembedder.reembed(source_id) };
  }

  housekeep() {
    return this.housekeeping.run();
  }
}
