import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  type ConfigOf,
  type ContentProcessorApi,
  type ExtractRequest,
  type ExtractResponse,
  type ProcessRequest,
  type ProcessResponse,
} from '@torale/contracts';
import {
  OUTBOUND_HTTP,
  OutboundError,
  type OutboundHttp,
  type OutboundResponse,
} from '@torale/outbound-http';
import { BlockEmbedder } from './block-embedder.ts';
import { contentProcessorConfig } from './content-processor.config.ts';
import { ContentsRepository, type SourceToProcess, type Validators } from './contents.repository.ts';
import { extractContent } from './extract/extract-content.ts';
import { ExtractionError } from './extract/extraction-error.ts';

const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,application/feed+json,*/*;q=0.8';

@Injectable()
export class ContentProcessorService implements ContentProcessorApi {
  constructor(
    @Inject(ContentsRepository) private readonly contents: ContentsRepository,
    @Inject(BlockEmbedder) private readonly embedder: BlockEmbedder,
    @Inject(OUTBOUND_HTTP) private readonly http: OutboundHttp,
    @Inject(contentProcessorConfig.token) private readonly config: ConfigOf<typeof contentProcessorConfig>,
  ) {}

  async process({ source_id }: ProcessRequest): Promise<ProcessResponse> {
    const source = await this.contents.findSource(source_id);
    if (!source) throw sourceGone(source_id);

    const fetchedAt = new Date();
    let status: number | null = null;
    try {
      const response = await this.http.fetch({ url: source.url, headers: requestHeaders(source) });
      status = response.status;
      return await this.#store(source, response, fetchedAt);
    } catch (error) {
      if (!(error instanceof OutboundError || error instanceof ExtractionError)) throw error;
      return { outcome: error.outcome, http_status: status, content_id: null, detail: error.message };
    }
  }

  /** @throws AppError `invalid_request` when it is no page with content */
  async extract({ html, url }: ExtractRequest): Promise<ExtractResponse> {
    const headers = { 'content-type': 'text/html; charset=utf-8' };
    const response = { status: 200, url, headers, body: Buffer.from(html) };
    try {
      const { title, blocks } = extractContent(response, url, this.config.CONTENT_MAX_BLOCKS);
      return { title, blocks };
    } catch (error) {
      if (!(error instanceof ExtractionError)) throw error;
      throw new AppError('invalid_request', error.message, { cause: error });
    }
  }

  async #store(
    source: SourceToProcess,
    response: OutboundResponse,
    fetchedAt: Date,
  ): Promise<ProcessResponse> {
    const { status } = response;
    const standing = source.latest_content_id;
    // Without a content to stand, "not modified" says nothing: extraction refuses such an answer.
    if (standing && status === 304) {
      return { outcome: 'not_modified', http_status: status, content_id: standing, detail: null };
    }
    const validators = validatorsOf(response);
    if (standing && status === 200 && validators.raw_hash === source.raw_hash) {
      await this.contents.saveValidators(source.id, validators);
      return { outcome: 'not_modified', http_status: status, content_id: standing, detail: null };
    }

    const extracted = extractContent(response, source.url, this.config.CONTENT_MAX_BLOCKS);
    const embeddings = await this.embedder.embedNew(source.id, extracted.blocks);
    const contentId = await this.contents.store(source, {
      ...extracted,
      validators,
      fetched_at: fetchedAt,
      embeddings,
    });
    if (!contentId) throw sourceGone(source.id);
    return { outcome: 'ok', http_status: status, content_id: contentId, detail: null };
  }
}

const sourceGone = (id: string) => new AppError('not_found', `There is no source ${id}`);

/** Conditional only when there is a content that an answer "not modified" can stand for. */
function requestHeaders({ latest_content_id, etag, last_modified }: SourceToProcess): Record<string, string> {
  return {
    accept,
    'accept-language': 'en,*;q=0.5',
    ...(latest_content_id && etag && { 'if-none-match': etag }),
    ...(latest_content_id && last_modified && { 'if-modified-since': last_modified }),
  };
}

const validatorsOf = ({ headers, body }: OutboundResponse): Validators => ({
  etag: headers['etag'] ?? null,
  last_modified: headers['last-modified'] ?? null,
  raw_hash: hash('sha256', body),
});
