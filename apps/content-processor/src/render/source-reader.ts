import type { ConfigOf, RenderLearned } from '@torale/contracts';
import { Inject, Injectable } from '@nestjs/common';
import {
  OUTBOUND_HTTP,
  OutboundError,
  type OutboundHttp,
  type OutboundRequest,
  type OutboundResponse,
} from '@torale/outbound-http';
import { contentProcessorConfig } from '../content-processor.config.ts';
import type { ExtractedContent } from '../extract/extract-content.ts';
import { ExtractionError } from '../extract/extraction-error.ts';
import { readingPlan, renderingNeed, type RenderingNeed, type RenderSettings, showsMore } from './need.ts';
import { NoBrowserError, NotAPageError, RENDERER, type Renderer } from './renderer.ts';

/** How one source is read. */
export interface ReadingTask {
  settings: RenderSettings;
  /** What `OutboundHttp.fetch` is asked; its conditional headers are left out where the body is needed. */
  request: OutboundRequest;
  /** Whether a response says no more than that what stands still stands. */
  isUnchanged(response: OutboundResponse): boolean;
  extract(response: OutboundResponse): Promise<ExtractedContent>;
}

export interface Reading {
  /** As fetched; of a rendered page the document that it has become, without validators. */
  response: OutboundResponse;
  /** Undefined when nothing has changed. */
  extracted?: ExtractedContent;
  /** PNG. */
  screenshot?: Buffer;
  /** What trying both ways has taught now. */
  learned?: RenderLearned;
}

type Read = Reading & { extracted: ExtractedContent };

/** Reads a source without a browser where that will do, and in one where it will not. */
@Injectable()
export class SourceReader {
  readonly #retestMs: number;

  constructor(
    @Inject(OUTBOUND_HTTP) private readonly http: OutboundHttp,
    @Inject(RENDERER) private readonly renderer: Renderer,
    @Inject(contentProcessorConfig.token) config: ConfigOf<typeof contentProcessorConfig>,
  ) {
    this.#retestMs = config.RENDER_RETEST_HOURS * 3_600_000;
  }

  /** Rejects with OutboundError, ExtractionError, RenderError, and with what `request.around_exchange` throws. */
  async read(task: ReadingTask): Promise<Reading> {
    const { settings, request } = task;
    // A browser asks for addresses, it does not post to them.
    const isAskedFor = (request.method ?? 'GET') === 'GET';
    const plan = isAskedFor ? readingPlan(settings, new Date(), this.#retestMs) : 'plain';
    switch (plan) {
      case 'plain':
        return this.#plain(task);
      case 'plain_first':
        return this.#plainFirst(task);
      case 'rendered':
      case 'both':
        try {
          const rendered = await this.#rendered(task);
          return plan === 'both' ? await this.#retested(task, rendered) : rendered;
        } catch (error) {
          if (!(error instanceof NotAPageError)) throw error;
          const plain = await this.#plain({
            ...task,
            isUnchanged: () => false,
            request: unconditional(request),
          });
          return settings.render_mode === 'auto'
            ? { ...plain, learned: lesson(false, error.message) }
            : plain;
        }
    }
  }

  async #plain(task: ReadingTask): Promise<Reading> {
    const response = await this.http.fetch(task.request);
    return task.isUnchanged(response) ? { response } : { response, extracted: await task.extract(response) };
  }

  async #plainFirst(task: ReadingTask): Promise<Reading> {
    const isRetest = task.settings.render_learned !== null;
    const response = await this.http.fetch(isRetest ? unconditional(task.request) : task.request);
    if (!isRetest && task.isUnchanged(response)) return { response };

    const extracted = await task.extract(response).catch(emptyOrThrow);
    const plain = { response, extracted };
    const need = needOf(plain);
    if (!need) return orThrow(plain);
    try {
      const rendered = await this.#rendered(task);
      if (isWorthIt(rendered, plain, need)) {
        return { ...rendered, learned: lesson(true, `A browser shows more: ${need.reason}`) };
      }
    } catch (error) {
      if (error instanceof NoBrowserError) {
        if (need.isShell) throw error;
        return orThrow(plain);
      }
      // What a browser shows is no content either; then what was read without one stands.
      if (!(error instanceof ExtractionError || error instanceof NotAPageError)) throw error;
    }
    return { ...orThrow(plain), learned: lesson(false, `A browser shows no more, although ${need.reason}`) };
  }

  /** Whether a page that needed a browser still does. */
  async #retested(task: ReadingTask, rendered: Read): Promise<Reading> {
    try {
      const response = await this.http.fetch(unconditional(task.request));
      const plain = { response, extracted: await task.extract(response) };
      if (!isWorthIt(rendered, plain, needOf(plain))) {
        return { ...plain, learned: lesson(false, 'It shows all without a browser again') };
      }
    } catch (error) {
      if (!(error instanceof OutboundError || error instanceof ExtractionError)) throw error;
    }
    return { ...rendered, learned: lesson(true, 'A browser still shows more') };
  }

  async #rendered({ settings, request, extract }: ReadingTask): Promise<Read> {
    const { url, headers = {}, cookies, user_agent, proxy, signal } = request;
    let screenshot: Buffer | undefined;
    const render = async (): Promise<OutboundResponse> => {
      const page = await this.renderer.render({
        url,
        headers: withoutOwn(headers),
        cookies,
        user_agent,
        proxy,
        signal,
        actions: settings.render_actions,
        screenshot: settings.screenshot,
      });
      screenshot = page.screenshot;
      // The validators are those of the markup that was sent, not of what became of it.
      const { etag: _etag, 'last-modified': _lastModified, ...rest } = page.headers;
      return {
        status: page.status,
        url: page.url,
        headers: { ...rest, 'content-type': 'text/html; charset=utf-8' },
        body: Buffer.from(page.html),
      };
    };
    const response = await (request.around_exchange
      ? request.around_exchange(new URL(url), render)
      : render());
    return { response, extracted: await extract(response), ...(screenshot && { screenshot }) };
  }
}

const conditional = ['if-none-match', 'if-modified-since'];
/** What the browser says better itself. */
const browsersOwn = new Set([
  ...conditional,
  'accept',
  'accept-language',
  'accept-encoding',
  'user-agent',
  'cookie',
]);

const withoutHeaders = (headers: Record<string, string>, left: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => left(name.toLowerCase())));

const withoutOwn = (headers: Record<string, string>) =>
  withoutHeaders(headers, (name) => !browsersOwn.has(name));

const unconditional = (request: OutboundRequest): OutboundRequest => ({
  ...request,
  headers: withoutHeaders(request.headers ?? {}, (name) => !conditional.includes(name)),
});

const lesson = (needed: boolean, reason: string): RenderLearned => ({
  needed,
  reason,
  tested_at: new Date().toISOString(),
});

function emptyOrThrow(error: unknown): ExtractionError {
  if (error instanceof ExtractionError && error.outcome === 'empty') return error;
  throw error;
}

/** Read without a browser, perhaps in vain. */
interface Plain {
  response: OutboundResponse;
  extracted: ExtractedContent | ExtractionError;
}

function orThrow({ response, extracted }: Plain): Read {
  if (extracted instanceof ExtractionError) throw extracted;
  return { response, extracted };
}

const needOf = ({ response, extracted }: Plain): RenderingNeed | undefined =>
  renderingNeed({ markup: response.body, textLength: textLength(extracted) });

/** In place of a shell anything is worth it that is not the shell again. */
function isWorthIt(rendered: Read, { extracted }: Plain, need: RenderingNeed | undefined): boolean {
  if (extracted instanceof ExtractionError) return true;
  if (need?.isShell) return rendered.extracted.content_hash !== extracted.content_hash;
  return showsMore(textLength(rendered.extracted), textLength(extracted));
}

function textLength(extracted: ExtractedContent | ExtractionError): number {
  if (extracted instanceof ExtractionError) return 0;
  return extracted.blocks.reduce((sum, { kind, text }) => (kind === 'title' ? sum : sum + text.length), 0);
}
