import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  AppError,
  type DiscoveredSource,
  type DiscoverRequest,
  type DiscoverResponse,
  type DiscoveryApi,
} from '@torale/contracts';
import { plainText } from './plain-text.ts';
import { chooseFeeds } from './page/declared-feeds.ts';
import { PageInspector, type Inspection } from './page/page-inspector.ts';
import { SentenceReader, type SentenceReading } from './sentence/sentence-reader.ts';
import { watchesValue } from './sentence/watches-value.ts';
import { writtenUrls, type WrittenUrl } from './sentence/written-urls.ts';
import { deadlineOfCall } from './time-left.ts';

const maxSources = 10;
const maxReasonLength = 300;
const maxSentenceLength = 2000;

/** A source, with what was seen at its address. */
interface Candidate {
  source: DiscoveredSource;
  inspection: Inspection;
}

/** Sentence → sources. Keeps nothing. */
@Injectable()
export class DiscoveryService implements DiscoveryApi {
  readonly #logger = new Logger(DiscoveryService.name);

  constructor(
    @Inject(PageInspector) private readonly inspector: PageInspector,
    @Inject(SentenceReader) private readonly reader: SentenceReader,
  ) {}

  async discover(request: DiscoverRequest): Promise<DiscoverResponse> {
    const deadline = deadlineOfCall();
    const text = `${request.raw_query}\n${request.condition ?? ''}`;
    const urls = writtenUrls(text);
    if (urls.length > maxSources) {
      throw new AppError(
        'invalid_request',
        `raw_query: at most ${maxSources} addresses can be watched at once`,
      );
    }

    const { reading, candidates } =
      urls.length > 0
        ? await this.#written(request, urls, deadline)
        : await this.#identified(request, deadline);
    const value = reading ? reading.watches === 'value' : watchesValue(text);
    // The page shows the value first; a feed next to it would report the same again, or something else.
    const feeds = value ? [] : await this.#declaredFeeds(candidates, deadline);
    const sources = [...candidates.map(({ source }) => source), ...feeds];
    return {
      refined_query: plainText(reading?.refined_query ?? '', maxSentenceLength),
      condition: request.condition ?? plainText(reading?.condition ?? '', maxSentenceLength),
      sources: sources.slice(0, maxSources),
    };
  }

  /**
   * The addresses in the sentence. One that cannot be fetched now is watched all the same, and its checks will tell;
   * one that will never be fetched is not.
   */
  async #written(
    request: DiscoverRequest,
    urls: WrittenUrl[],
    deadline: number,
  ): Promise<{ reading: SentenceReading | null; candidates: Candidate[] }> {
    const [reading, inspected] = await Promise.all([
      this.reader.tryRead(request, deadline),
      Promise.all(urls.map((url) => this.#inspectWritten(url, deadline))),
    ]);
    const rejected = inspected.filter(({ url, inspection }) => rejection(url, inspection));
    for (const { url, inspection } of rejected) {
      // The host only: a URL can hold a password.
      this.#logger.log(`${new URL(url.url).host} is left out: ${detailOf(inspection)}`);
    }
    if (rejected.length === inspected.length) throw nothingLeft(rejected);
    const candidates = inspected
      .filter((entry) => !rejected.includes(entry))
      .map(({ url, inspection }): Candidate => ({
        inspection,
        source: {
          url: url.url,
          kind: inspection.outcome === 'ok' ? inspection.page.kind : 'page',
          title: inspection.outcome === 'ok' ? inspection.page.title : null,
          origin: 'sentence',
          reason:
            inspection.outcome === 'ok'
              ? 'The sentence names it.'
              : `The sentence names it. It could not be read just now: ${inspection.detail}.`,
        },
      }));
    return { reading, candidates };
  }

  /** A host without a scheme is tried by https, then by http. */
  async #inspectWritten(
    url: WrittenUrl,
    deadline: number,
  ): Promise<{ url: WrittenUrl; inspection: Inspection }> {
    const inspection = await this.inspector.inspect(url.url, deadline);
    if (url.bare && ['connection_error', 'tls_error'].includes(inspection.outcome)) {
      const plain = { ...url, url: url.url.replace(/^https:/, 'http:') };
      const second = await this.inspector.inspect(plain.url, deadline);
      if (second.outcome === 'ok') return { url: plain, inspection: second };
    }
    return { url, inspection };
  }

  /** The pages that the model names, as far as they exist: a page that does not answer may be made up. */
  async #identified(
    request: DiscoverRequest,
    deadline: number,
  ): Promise<{ reading: SentenceReading; candidates: Candidate[] }> {
    const reading = await this.reader.read(request, deadline).catch((error: unknown) => {
      throw withAdvice(error);
    });
    if (!reading) {
      throw new AppError(
        'no_sources_found',
        'The sentence names no page to watch. Write the address of one in it; or have the operator set OPENAI_API_KEY or PERPLEXITY_API_KEY, so that Torale can look for pages itself.',
      );
    }
    const inspected = await Promise.all(
      reading.pages.map(async ({ url, reason }) => ({
        url,
        reason,
        inspection: await this.inspector.inspect(url, deadline),
      })),
    );
    const candidates = new Map<string, Candidate>();
    const dropped: string[] = [];
    for (const { url, reason, inspection } of inspected) {
      if (inspection.outcome !== 'ok') {
        dropped.push(`${url}: ${inspection.detail}`);
        continue;
      }
      const { page } = inspection;
      const source: DiscoveredSource = {
        url: inspection.url,
        kind: page.kind,
        title: page.title,
        origin: 'identified',
        reason: plainText(reason, maxReasonLength) ?? 'The language model named it.',
      };
      if (!candidates.has(source.url)) candidates.set(source.url, { source, inspection });
    }
    for (const reason of dropped) this.#logger.log(`A page that the model named is left out: ${reason}`);
    if (candidates.size === 0) {
      throw new AppError(
        'no_sources_found',
        'No page was found that can be watched for this. Write the address of one in the sentence.',
        { errors: dropped.map((message) => ({ path: 'raw_query', message })) },
      );
    }
    return { reading, candidates: [...candidates.values()] };
  }

  /** The feeds that the pages declare, as far as they are feeds. */
  async #declaredFeeds(candidates: Candidate[], deadline: number): Promise<DiscoveredSource[]> {
    const known = new Set(candidates.map(({ source }) => source.url));
    const declared = candidates.flatMap(({ source, inspection }) =>
      inspection.outcome === 'ok'
        ? chooseFeeds(inspection.page.feeds, inspection.url).map((feed) => ({ feed, of: source }))
        : [],
    );
    const unique = declared.filter(({ feed }) => !known.has(feed.url) && known.add(feed.url));
    const feeds = await Promise.all(
      unique.map(async ({ feed, of }): Promise<DiscoveredSource[]> => {
        const inspection = await this.inspector.inspect(feed.url, deadline);
        if (inspection.outcome !== 'ok' || inspection.page.kind !== 'feed') {
          this.#logger.log(`The feed ${feed.url} is left out: ${detailOf(inspection)}`);
          return [];
        }
        const title = inspection.page.title ?? feed.title;
        return [
          {
            url: feed.url,
            kind: 'feed',
            title,
            origin: 'declared_feed',
            reason: `${of.url} declares it as its feed.`,
          },
        ];
      }),
    );
    return feeds.flat();
  }
}

type Rejection = 'address_refused' | 'no_sources_found';

/** Why an address in the sentence is not watched; undefined when it is. */
function rejection(url: WrittenUrl, { outcome }: Inspection): Rejection | undefined {
  if (outcome === 'address_refused' || outcome === 'unsupported') return 'address_refused';
  // A word that looks like a host and is none.
  if (url.bare && outcome === 'dns_error') return 'no_sources_found';
  return undefined;
}

function nothingLeft(rejected: { url: WrittenUrl; inspection: Inspection }[]): AppError {
  const errors = rejected.map(({ url, inspection }) => ({
    path: 'raw_query',
    message: `${url.url}: ${detailOf(inspection)}`,
  }));
  return rejected.some(({ url, inspection }) => rejection(url, inspection) === 'address_refused')
    ? new AppError(
        'address_refused',
        'The address in the sentence may not be fetched. Write a public http or https address; the operator can open others with OUTBOUND_ALLOW_CIDRS.',
        { errors },
      )
    : new AppError('no_sources_found', 'The host in the sentence does not exist. Check its spelling.', {
        errors,
      });
}

const detailOf = (inspection: Inspection) =>
  inspection.outcome === 'ok' ? `it is a ${inspection.page.kind}` : inspection.detail;

/** What the user can do when the model that should find pages fails. */
function withAdvice(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  return new AppError(
    error.code,
    `${error.message}. Write the address of a page in the sentence, or try again later.`,
    { cause: error, retry_after_seconds: error.retry_after_seconds },
  );
}
