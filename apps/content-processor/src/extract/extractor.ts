import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { ConfigOf, Extraction } from '@torale/contracts';
import type { OutboundResponse } from '@torale/outbound-http';
import pLimit, { type LimitFunction } from 'p-limit';
import { Tinypool } from 'tinypool';
import { contentProcessorConfig } from '../content-processor.config.ts';
import { type ExtractedContent, extractContent, type ExtractOptions } from './extract-content.ts';
import type { ExtractResult, ExtractTask } from './extract-worker.ts';
import { ExtractionError } from './extraction-error.ts';

/**
 * A page up to this size, read by our own rules alone, takes some milliseconds, and a hostile one a tenth of a second:
 * less than the way to another process and back is worth.
 */
const cheapBytes = 128 * 1024;
/** Processes without work end, and their memory with them, milliseconds. */
const idleMs = 60_000;

/**
 * Responses to contents, large ones in processes that a hostile page cannot outgrow or hold up. Not in threads: a
 * thread that runs out of its heap within one native call takes the whole process along.
 */
@Injectable()
export class Extractor implements OnModuleDestroy {
  readonly #config: ConfigOf<typeof contentProcessorConfig>;
  readonly #processes: Tinypool;
  /** Holds back what no process is free for: a page's time begins when it is read. */
  readonly #whenFree: LimitFunction;

  constructor(@Inject(contentProcessorConfig.token) config: ConfigOf<typeof contentProcessorConfig>) {
    this.#config = config;
    this.#whenFree = pLimit(config.EXTRACTION_PROCESSES);
    this.#processes = new Tinypool({
      runtime: 'child_process',
      serialization: 'advanced',
      filename: new URL(
        import.meta.url.endsWith('.ts') ? 'extract-worker.ts' : 'extract-worker.js',
        import.meta.url,
      ).href,
      minThreads: 0,
      maxThreads: config.EXTRACTION_PROCESSES,
      idleTimeout: idleMs,
      execArgv: [
        `--max-old-space-size=${config.EXTRACTION_MAX_MEMORY_MB}`,
        '--disable-warning=ExperimentalWarning',
      ],
      // Nothing of the environment, its secrets least of all, is for what reads a page.
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
    const result = await this.#whenFree(() => this.#inProcess({ response, options }));
    if ('content' in result) return result.content;
    throw new ExtractionError(result.outcome, result.message);
  }

  async #inProcess(task: ExtractTask): Promise<ExtractResult> {
    const deadline = AbortSignal.timeout(this.#config.EXTRACTION_TIMEOUT_MS);
    try {
      return (await this.#processes.run(task, { signal: deadline })) as ExtractResult;
    } catch (error) {
      throw failureOf(error, deadline, this.#config);
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.#processes.destroy();
  }
}

/** Selectors come from users, and some kinds go through libraries whose time depends on more than the size. */
function isCheap({ body, headers, url }: OutboundResponse, { include, exclude }: ExtractOptions): boolean {
  if (body.length > cheapBytes || include.length + exclude.length > 0) return false;
  if (/markdown/i.test(headers['content-type'] ?? '') || /\.(md|markdown)$/i.test(new URL(url).pathname))
    return false;
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
  // The way a process ends whose heap is full.
  if ((error as Error).message === 'Worker exited unexpectedly') {
    return new ExtractionError(
      'too_large',
      `The page takes more than ${config.EXTRACTION_MAX_MEMORY_MB} MB of memory to read`,
    );
  }
  return error;
}
