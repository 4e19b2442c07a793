import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  type ContentProcessorApi,
  type Extraction,
  extractionSchema,
  type ExtractRequest,
  type ExtractResponse,
  type ProcessRequest,
  type ProcessResponse,
  type ScrapeRequest,
  type ScrapeResponse,
} from '@torale/contracts';
import { OutboundError, type OutboundResponse } from '@torale/outbound-http';
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
import { RenderError } from './render/renderer.ts';
import { type Reading, SourceReader } from './render/source-reader.ts';
import { Snapshots } from './snapshots/snapshots.ts';

const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,application/feed+json,*/*;q=0.8';

/** URL → content, step by step. */
@Injectable()
export class ContentProcessorService implements Pick<ContentProcessorApi, 'process' | 'scrape'> {
  constructor(
    @Inject(ContentsRepository) private readonly contents: ContentsRepository,
    @Inject(BlockEmbedder) private readonly embedder: BlockEmbedder,
    @Inject(Extractor) private readonly extractor: Extractor,
    @Inject(SourceReader) private readonly reader: SourceReader,
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
      const reading = await this.reader.read({
        settings: source,
        request: {
          ...chosen,
          url: source.url,
          headers: requestHeaders(source, chosen),
          around_exchange: this.manners.approach({
            respectRobots: source.respect_robots,
            hasQueued: has_queued,
          }),
        },
        isUnchanged: (response) => isUnchanged(source, response),
        extract: (response) => {
          status = response.status;
          return this.extractor.extract(response, source.url, extractionOf(source));
        },
      });
      if (reading.learned) await this.contents.saveLearned(source.id, reading.learned);
      return await this.#store(source, reading, fetchedAt);
    } catch (error) {
      if (error instanceof HostBusyError) {
        const retry_at = error.retryAt.toISOString();
        return { outcome: 'deferred', retry_at, http_status: null, content_id: null, detail: error.message };
      }
      if (!isOutcome(error)) throw error;
      return { outcome: error.outcome, http_status: status, content_id: null, detail: error.message };
    }
  }

  /** @throws AppError `invalid_request` when it is no page with content */
  async extract({ html, url }: ExtractRequest): Promise<ExtractResponse> {
    const headers = { 'content-type': 'text/html; charset=utf-8' };
    const response = { status: 200, url, headers, body: Buffer.from(html) };
    try {
      const { title, blocks } = await this.extractor.extract(response, url, extractionSchema.parse({}));
      return { title, blocks };
    } catch (error) {
      if (!(error instanceof ExtractionError)) throw error;
      throw new AppError('invalid_request', error.message, { cause: error });
    }
  }

  async #store(source: SourceToProcess, reading: Reading, fetchedAt: Date): Promise<ProcessResponse> {
    const { response, extracted } = reading;
    const { status } = response;
    const validators = validatorsOf(response);
    if (!extracted) {
      const isNew = validators.etag !== source.etag || validators.last_modified !== source.last_modified;
      if (status === 200 && isNew) await this.contents.saveValidators(source.id, validators);
      return {
        outcome: 'not_modified',
        http_status: status,
        content_id: source.latest_content_id,
        detail: null,
      };
    }

    const kept = await this.#keepSnapshots(source, reading, extracted);
    const embeddings = await this.embedder.tryEmbedMissing(source.id, extracted.blocks);
    const contentId = await this.contents.store(source, {
      ...extracted,
      ...kept,
      validators,
      fetched_at: fetchedAt,
      embeddings,
    });
    if (!contentId) throw sourceGone(source.id);
    return { outcome: 'ok', http_status: status, content_id: contentId, detail: null };
  }

  async #keepSnapshots(
    source: SourceToProcess,
    { response: { body, headers }, screenshot }: Reading,
    { content_hash }: ExtractedContent,
  ): Promise<Pick<FetchedContent, 'snapshot' | 'screenshot'>> {
    if (await this.contents.isKnown(source.id, content_hash)) return { snapshot: null, screenshot: null };
    const kept = await this.snapshots.keep(source.id, body);
    return {
      snapshot: kept && { ...kept, content_type: headers['content-type'] ?? null },
      screenshot: screenshot ? await this.snapshots.keep(source.id, screenshot) : null,
    };
  }

  /**
   * What `process` would read at an address with no settings of its own; as polite to its host.
   * @throws AppError `rate_limited` when others are before this at the host
   */
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
      const reading = await this.reader.read({
        settings: { render_mode: 'auto', render_actions: [], screenshot: false, render_learned: null },
        request: {
          url,
          headers: plainHeaders,
          around_exchange: this.manners.approach({ respectRobots: true, hasQueued: false }),
        },
        isUnchanged: () => false,
        extract: (answer) => {
          response = answer;
          return this.extractor.extract(answer, url, extractionSchema.parse({}));
        },
      });
      response = reading.response;
      const extracted = reading.extracted!;
      return { outcome: 'ok', detail: null, ...seen(), ...extracted };
    } catch (error) {
      if (error instanceof HostBusyError) {
        const retry_after_seconds = (error.retryAt.getTime() - Date.now()) / 1000;
        throw new AppError('rate_limited', error.message, { retry_after_seconds });
      }
      if (!isOutcome(error)) throw error;
      const { outcome, message } = error;
      return { outcome, detail: message, ...seen(), title: null, content_hash: null, blocks: [] };
    }
  }
}

/** What a site, or the way to it, is to blame for. */
const isOutcome = (error: unknown): error is OutboundError | ExtractionError | RenderError =>
  error instanceof OutboundError || error instanceof ExtractionError || error instanceof RenderError;

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

/** Without a content to stand, "not modified" says nothing: extraction refuses such an answer. */
function isUnchanged(source: SourceToProcess, response: OutboundResponse): boolean {
  if (source.latest_content_id === null) return false;
  return (
    response.status === 304 ||
    (response.status === 200 && validatorsOf(response).raw_hash === source.raw_hash)
  );
}

const validatorsOf = ({ headers, body }: OutboundResponse): Validators => ({
  etag: headers['etag'] ?? null,
  last_modified: headers['last-modified'] ?? null,
  raw_hash: hash('sha256', body),
});
