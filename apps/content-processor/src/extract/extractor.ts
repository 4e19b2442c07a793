import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { ConfigOf, Extraction } from '@torale/contracts';
import type { OutboundResponse } from '@torale/outbound-http';
import pLimit, { type LimitFunction } from 'p-limit';
import { Piscina } from 'piscina';
import { contentProcessorConfig } from '../content-processor.config.ts';
import { type ExtractedContent, extractContent, type ExtractOptions } from './extract-content.ts';
import type { ExtractResult, ExtractTask } from './extract-worker.ts';
import { ExtractionError } from './extraction-error.ts';

/**
 * A page up to this size, read by our own rules alone, takes less time than it could take from others (measured by
 * the specs with hostile markup), and less than the way to a thread and back.
 */
const cheapBytes = 64 * 1024;
/** Threads without work end, and their memory with them, milliseconds. */
const idleMs = 10_000;

/** Responses to contents, in threads that a hostile page cannot outgrow or hold up. */
@Injectable()
export class Extractor implements OnModuleDestroy {
  readonly #config: ConfigOf<typeof contentProcessorConfig>;
  readonly #threads: Piscina<ExtractTask, ExtractResult>;
  /** Holds back what no thread is free for: a page's time begins when it is read. */
  readonly #whenFree: LimitFunction;

  constructor(@Inject(contentProcessorConfig.token) config: ConfigOf<typeof contentProcessorConfig>) {
    this.#config = config;
    this.#whenFree = pLimit(config.EXTRACTION_THREADS);
    this.#threads = new Piscina({
      filename: new URL(
        import.meta.url.endsWith('.ts') ? 'extract-worker.ts' : 'extract-worker.js',
        import.meta.url,
      ).href,
      minThreads: 0,
      maxThreads: config.EXTRACTION_THREADS,
      idleTimeout: idleMs,
      resourceLimits: { maxOldGenerationSizeMb: config.EXTRACTION_MAX_MEMORY_MB },
      // Nothing of the process's environment is for a page to see.
      env: {},
    });
  }

  /**
   * The content of a response, by the rules of `extractContent`.
   * @param requestedUrl where the page was asked for
   * @throws ExtractionError as that does, and `too_large` when a page takes more time or memory than is allowed
   */
  async extract(
    response: OutboundResponse,
    requestedUrl: string,
    { include, exclude, facets }: Extraction,
  ): Promise<ExtractedContent> {
    const options = {
      requested_url: requestedUrl,
      max_blocks: this.#config.CONTENT_MAX_BLOCKS,
      include,
      exclude,
      facets,
    };
    if (isCheap(response, options)) return extractContent(response, options);
    const result = await this.#whenFree(() => this.#inThread({ response, options }));
    if ('content' in result) return result.content;
    throw new ExtractionError(result.outcome, result.message);
  }

  async #inThread(task: ExtractTask): Promise<ExtractResult> {
    const deadline = AbortSignal.timeout(this.#config.EXTRACTION_TIMEOUT_MS);
    try {
      return await this.#threads.run(task, { signal: deadline });
    } catch (error) {
      throw failureOf(error, deadline, this.#config);
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.#threads.destroy();
  }
}

/** Selectors come from users, and PDFs and calendars go through libraries: both may take their time. */
function isCheap({ body }: OutboundResponse, { include, exclude }: ExtractOptions): boolean {
  if (body.length > cheapBytes || include.length + exclude.length > 0) return false;
  return !/^\s*(%PDF-|BEGIN:VCALENDAR)/i.test(body.toString('latin1', 0, 64));
}

function failureOf(
  error: unknown,
  deadline: AbortSignal,
  config: ConfigOf<typeof contentProcessorConfig>,
): unknown {
  if (deadline.aborted) {
    return new ExtractionError(
      'too_large',
      `The page takes more than ${config.EXTRACTION_TIMEOUT_MS} ms to read`,
    );
  }
  if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new ExtractionError(
      'too_large',
      `The page takes more than ${config.EXTRACTION_MAX_MEMORY_MB} MB of memory to read`,
    );
  }
  return error;
}
