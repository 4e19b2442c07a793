import { Inject, Injectable } from '@nestjs/common';
import { OUTBOUND_HTTP, OutboundError, type OutboundHttp } from '@torale/outbound-http';
import { LRUCache } from 'lru-cache';
import robotsParserModule from 'robots-parser';
import { Politeness } from '../politeness/politeness.ts';
import { RobotsFilesRepository } from './robots-files.repository.ts';

/** What a robots.txt says of one address. */
export interface Permission {
  allowed: boolean;
  /** Between two requests, milliseconds. */
  delayMs: number;
  /** Whether it is the site that says so, and not its silence. */
  isStated: boolean;
}

/** The name by which a robots.txt addresses Torale, whatever user agent a source sends. */
const productToken = 'Torale';
/** RFC 9309: at least 500 KiB must be read, so what comes after is not. */
const maxReadBytes = 512 * 1024;
/** Whatever is larger than this is no such file. */
const maxBytes = 5_000_000;
/**
 * Of all rules with a wildcard together, characters; the rules beyond are not read. Matching one takes its length times
 * the length of the address, and a file made for it would keep a process busy for ten seconds at every check.
 */
const maxWildcardLength = 16_000;
const maxRedirects = 5;
const fetchTimeoutMs = 10_000;
const dayMs = 24 * 60 * 60 * 1000;
/** How soon a site is asked again that could not say what may be read. */
const retryMs = 10 * 60 * 1000;
/** A site that asks for more is taken to mean crawlers. */
const maxDelayMs = 30_000;
const maxParsed = 500;

/** Its types tell of a default export; the module itself is the function. */
const robotsParser = robotsParserModule as unknown as typeof robotsParserModule.default;

interface ParsedFile {
  rules: ReturnType<typeof robotsParser> | null;
  expiresAt: number;
}

/** What sites let programs read (RFC 9309): asked once a day, remembered by all processes. */
@Injectable()
export class Robots {
  readonly #parsed: LRUCache<string, ParsedFile, { hasQueued: boolean }>;

  constructor(
    @Inject(OUTBOUND_HTTP) private readonly http: OutboundHttp,
    @Inject(Politeness) private readonly politeness: Politeness,
    @Inject(RobotsFilesRepository) private readonly files: RobotsFilesRepository,
  ) {
    this.#parsed = new LRUCache({
      max: maxParsed,
      // One request of this process for a file, however many sources wait for it.
      fetchMethod: async (origin, _stale, { context }) => this.#load(origin, context.hasQueued),
    });
  }

  /**
   * Rejects with OutboundError when the site cannot be reached, with HostBusyError when it is not its turn.
   * @param hasQueued as for Politeness
   */
  async permission(url: URL, hasQueued: boolean): Promise<Permission> {
    const { rules } = await this.#file(url.origin, hasQueued);
    if (!rules) return { allowed: false, delayMs: 0, isStated: false };
    const delaySeconds = rules.getCrawlDelay(productToken) ?? 0;
    return {
      allowed: rules.isDisallowed(url.href, productToken) !== true,
      delayMs: Math.min(Math.max(0, delaySeconds * 1000 || 0), maxDelayMs),
      isStated: true,
    };
  }

  async #file(origin: string, hasQueued: boolean): Promise<ParsedFile> {
    const context = { hasQueued };
    const known = await this.#parsed.forceFetch(origin, { context });
    if (known.expiresAt > Date.now()) return known;
    return this.#parsed.forceFetch(origin, { context, forceRefresh: true });
  }

  async #load(origin: string, hasQueued: boolean): Promise<ParsedFile> {
    const stored = await this.files.find(origin);
    const storedUntil = stored ? Date.parse(stored.expires_at) : 0;
    if (stored && storedUntil > Date.now()) return parsed(origin, stored.rules, storedUntil);

    const fetched = await this.#fetch(origin, hasQueued);
    // A site that cannot say now is held to what it said last.
    const rules = fetched === null ? (stored?.rules ?? null) : fetched;
    const expiresAt = Date.now() + (fetched === null ? retryMs : dayMs);
    await this.files.save(origin, rules, new Date(expiresAt));
    return parsed(origin, rules, expiresAt);
  }

  /** The text of a robots.txt, empty when there is none; null when the site has trouble. */
  async #fetch(origin: string, hasQueued: boolean): Promise<string | null> {
    try {
      const { status, body } = await this.http.fetch({
        url: `${origin}/robots.txt`,
        timeout_ms: fetchTimeoutMs,
        max_bytes: maxBytes,
        max_redirects: maxRedirects,
        around_exchange: (url, exchange) =>
          this.politeness.inTurn(url.host, { delayMs: 0, hasQueued }, exchange),
      });
      if (status === 429 || status >= 500) return null;
      return status >= 200 && status < 300 ? rulesIn(body.subarray(0, maxReadBytes)) : '';
    } catch (error) {
      if (error instanceof OutboundError && !isUnreachable(error)) return '';
      throw error;
    }
  }
}

/** Then the page could not be read either, and this is what becomes of the check. Else there is just no such file. */
const isUnreachable = ({ outcome, code }: OutboundError): boolean =>
  ['timeout', 'dns_error', 'connection_error', 'tls_error'].includes(outcome) && code !== 'malformed_body';

const parsed = (origin: string, rules: string | null, expiresAt: number): ParsedFile => ({
  rules: rules === null ? null : robotsParser(`${origin}/robots.txt`, rules),
  expiresAt,
});

/** Never fails: what is not UTF-8 becomes a sign that no rule matches. Postgres keeps no NUL. */
function rulesIn(body: Buffer): string {
  const text = new TextDecoder(encodingOf(body)).decode(body).replaceAll('\0', '');
  let wildcardLength = 0;
  const isAffordable = (line: string) =>
    !/allow[^*]*\*/i.test(line) || (wildcardLength += line.length) <= maxWildcardLength;
  return text
    .split(/\r\n?|\n/)
    .filter(isAffordable)
    .join('\n');
}

function encodingOf(body: Buffer): string {
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}
