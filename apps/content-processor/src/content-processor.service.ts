import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  type ContentProcessorApi,
  type Extraction,
  extractionSchema,
  type ProcessRequest,
  type ProcessResponse,
  type ScrapeRequest,
  type ScrapeResponse,
} from '@torale/contracts';
import {
  OUTBOUND_HTTP,
  OutboundError,
  type OutboundHttp,
  type OutboundResponse,
} from '@torale/outbound-http';
import { SEALER, type Sealer } from '@torale/secrets';
import { BlockEmbedder } from './block-embedder.ts';
import { type ChosenRequest, openRequest } from './chosen-request.ts';
import {
  ContentsRepository,
  type FetchedContent,
  type SourceToProcess,
  type Validators,
} from './contents.repository.ts';
import type { ExtractedContent } from './extract/extract-content.ts';
import { ExtractionError } from './extract/extraction-error.ts';
import { Extractor } from './extract/extractor.ts';
import { HostBusyError } from './politeness/politeness.ts';
import { SiteManners } from './politeness/site-manners.ts';
import { Snapshots } from './snapshots/snapshots.ts';

const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,application/feed+json,*/*;q=0.8';

/** URL → content, step by step. */
@Injectable()
export class ContentProcessorService implements Pick<ContentProcessorApi, 'process' | 'scrape'> {
  constructor(
    @Inject(ContentsRepository) private readonly contents: ContentsRepository,
    @Inject(BlockEmbedder) private readonly embedder: BlockEmbedder,
    @Inject(Extractor) private readonly extractor: Extractor,
    @Inject(OUTBOUND_HTTP) private readonly http: OutboundHttp,
    @Inject(SEALER) private readonly sealer: Sealer,
    @Inject(SiteManners) private readonly manners: SiteManners,
    @Inject(Snapshots) private readonly snapshots: Snapshots,
  ) {}

  async process({ source_id, has_queued = false }: ProcessRequest): Promise<ProcessResponse> {
    const source = await this.contents.findSource(source_id);
    if (!source) throw sourceGone(source_id);

    const fetchedAt = new Date();
    let status: number | null = null;
    try {
      const chosen = await openRequest(this.sealer, source);
      const response = await this.http.fetch({
        ...chosen,
        url: source.url,
        headers: requestHeaders(source, chosen),
        around_exchange: this.manners.approach({
          respectRobots: source.respect_robots,
          hasQueued: has_queued,
        }),
      });
      status = response.status;
      return await this.#store(source, response, fetchedAt);
    } catch (error) {
      if (error instanceof HostBusyError) {
        const retry_at = error.retryAt.toISOString();
        return { outcome: 'deferred', retry_at, http_status: null, content_id: null, detail: error.message };
      }
      if (!(error instanceof OutboundError || error instanceof ExtractionError)) throw error;
      return { outcome: error.outcome, http_status: status, content_id: null, detail: error.message };
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
      if (validators.etag !== source.etag || validators.last_modified !== source.last_modified) {
        await this.contents.saveValidators(source.id, validators);
      }
      return { outcome: 'not_modified', http_status: status, content_id: standing, detail: null };
    }

    const extracted = await this.extractor.extract(response, source.url, extractionOf(source));
    const snapshot = await this.#keepSnapshot(source, response, extracted);
    const embeddings = await this.embedder.tryEmbedMissing(source.id, extracted.blocks);
    const contentId = await this.contents.store(source, {
      ...extracted,
      validators,
      fetched_at: fetchedAt,
      embeddings,
      snapshot,
    });
    if (!contentId) throw sourceGone(source.id);
    return { outcome: 'ok', http_status: status, content_id: contentId, detail: null };
  }

  async #keepSnapshot(
    source: SourceToProcess,
    { body, headers }: OutboundResponse,
    { content_hash }: ExtractedContent,
  ): Promise<FetchedContent['snapshot']> {
    if (await this.contents.isKnown(source.id, content_hash)) return null;
    const kept = await this.snapshots.keep(source.id, body);
    return kept && { ...kept, content_type: headers['content-type'] ?? null };
  }

  /** What `process` would read at an address with no settings of its own. */
  async scrape({ url }: ScrapeRequest): Promise<ScrapeResponse> {
    const fetchedAt = new Date();
    let response: OutboundResponse | undefined;
    const seen = () => ({
      http_status: response?.status ?? null,
      url: response?.url ?? url,
      content_type: response?.headers['content-type'] ?? null,
      fetched_at: fetchedAt.toISOString(),
    });
    try {
      response = await this.http.fetch({ url, headers: plainHeaders });
      const extracted = await this.extractor.extract(response, url, extractionSchema.parse({}));
      return { outcome: 'ok', detail: null, ...seen(), ...extracted };
    } catch (error) {
      if (!(error instanceof OutboundError || error instanceof ExtractionError)) throw error;
      const { outcome, message } = error;
      return { outcome, detail: message, ...seen(), title: null, content_hash: null, blocks: [] };
    }
  }
}

const sourceGone = (id: string) => new AppError('not_found', `There is no source ${id}`);

function extractionOf({ extraction }: SourceToProcess): Extraction {
  const parsed = extractionSchema.safeParse(extraction);
  if (parsed.success) return parsed.data;
  throw new ExtractionError(
    'unsupported',
    `The selectors of this source are not usable: ${parsed.error.message}`,
  );
}

const plainHeaders = { accept, 'accept-language': 'en,*;q=0.5' };

/** Conditional only when there is a content that an answer "not modified" can stand for, and only a GET. */
function requestHeaders(
  { latest_content_id, etag, last_modified }: SourceToProcess,
  { method, headers = {} }: ChosenRequest,
): Record<string, string> {
  const conditional = latest_content_id !== null && method !== 'POST';
  return {
    ...plainHeaders,
    ...(conditional && etag && { 'if-none-match': etag }),
    ...(conditional && last_modified && { 'if-modified-since': last_modified }),
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  };
}

const validatorsOf = ({ headers, body }: OutboundResponse): Validators => ({
  etag: headers['etag'] ?? null,
  last_modified: headers['last-modified'] ?? null,
  raw_hash: hash('sha256', body),
});
