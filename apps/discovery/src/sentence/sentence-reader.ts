import { Inject, Injectable, Logger } from '@nestjs/common';
import { LANGUAGE_MODEL, type LanguageModel } from '@torale/ai';
import { AppError, type DiscoverRequest } from '@torale/contracts';
import { z } from 'zod';
import { timeFor } from '../time-left.ts';

const maxPages = 5;
/** Leaves time to look at the pages that the model names. */
const shareOfTime = 0.7;
/** How long a sentence that names its page waits for a better wording. */
const refiningMs = 10_000;

const readingSchema = z.object({
  refined_query: z.string().describe('The request in one clear sentence, in the language of the request.'),
  condition: z
    .string()
    .nullable()
    .describe(
      'The condition the request states for being told, such as "price below $500"; null without one.',
    ),
  watches: z
    .enum(['value', 'news'])
    .describe('value: something that stands on a page, like a price or a stock level; news: something new.'),
  pages: z
    .array(
      z.object({ url: z.string(), reason: z.string().describe('Why this page, in one short sentence.') }),
    )
    .describe(`At most ${maxPages} pages to watch, best first.`),
});

/** A sentence as the language model understood it. */
export type SentenceReading = z.output<typeof readingSchema>;

const instructions = `You set up page monitoring. The data is a JSON object with a user's request ("sentence") and perhaps a "condition". Restate the request, read its condition, and name the public web pages on which the answer will first appear.
Name stable pages that stay at their address while their content changes: official landing, product, pricing, release notes, changelog, status or news index pages. Never single articles, search results, social media posts or pages behind a login. Name only pages you know to exist, with their full https address; name fewer, or none, rather than guess. If the request itself holds an address, name no pages.`;

/** Has the language model read sentences, where there is one. */
@Injectable()
export class SentenceReader {
  readonly #logger = new Logger(SentenceReader.name);

  constructor(@Inject(LANGUAGE_MODEL) private readonly model: LanguageModel | null) {}

  /** For a sentence that can do without: null when there is no model, and when it fails. */
  async tryRead(request: DiscoverRequest, deadline: number): Promise<SentenceReading | null> {
    try {
      return await this.#ask(request, timeFor(refiningMs, deadline));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#logger.warn({ err: error }, `The sentence is taken as it is: ${error.message}`);
      return null;
    }
  }

  /**
   * @param deadline of the whole call, milliseconds since the epoch
   * @returns null when no model is configured
   * @throws AppError `service_unavailable` or `upstream_failed`
   */
  read(request: DiscoverRequest, deadline: number): Promise<SentenceReading | null> {
    return this.#ask(request, timeFor((deadline - Date.now()) * shareOfTime, deadline));
  }

  async #ask(request: DiscoverRequest, timeoutMs: number): Promise<SentenceReading | null> {
    if (!this.model) return null;
    const reading = await this.model.complete({
      instructions,
      input: JSON.stringify({ sentence: request.raw_query, condition: request.condition }),
      schema: readingSchema,
      schema_name: 'sentence_reading',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { ...reading, pages: reading.pages.slice(0, maxPages) };
  }
}
