import { parseFeed } from 'feedsmith';
import { Parser } from 'htmlparser2';
import { plainText } from '../plain-text.ts';
import type { DeclaredFeed } from './declared-feeds.ts';

/** What discovery learns of a document without reading its content. */
export interface ReadPage {
  kind: 'page' | 'feed';
  title: string | null;
  /** As declared, in order; none for a feed. */
  feeds: DeclaredFeed[];
}

const maxTitleLength = 300;
/** Titles and feeds stand in the head. */
const maxHtmlLength = 500_000;
const feedTypes = ['application/rss+xml', 'application/atom+xml', 'application/feed+json'];

/**
 * @param url where the body came from after redirects
 * @param contentType the header, empty when there was none
 */
export function readPage(body: Buffer, contentType: string, url: string): ReadPage {
  const text = decode(body, contentType);
  return readFeed(text) ?? readHtml(text.slice(0, maxHtmlLength), url);
}

function readFeed(text: string): ReadPage | undefined {
  if (!/^\s*(?:<\?xml|<rss|<feed|<rdf:rdf|<!--|\{)/i.test(text)) return undefined;
  try {
    const { feed } = parseFeed(text);
    const title = typeof feed.title === 'string' ? feed.title : feed.title?.value;
    return { kind: 'feed', title: cleanTitle(title ?? ''), feeds: [] };
  } catch {
    // Parsing is how a feed is told from other XML and JSON.
    return undefined;
  }
}

function readHtml(html: string, url: string): ReadPage {
  const declared: { href: string; title: string | null }[] = [];
  let base = url;
  let baseSeen = false;
  let title: string | undefined;
  let svgDepth = 0;
  let inTitle = false;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'svg') svgDepth++;
      if (name === 'title' && svgDepth === 0 && title === undefined) {
        inTitle = true;
        title = '';
      }
      if (name === 'base' && attributes['href'] && !baseSeen) {
        baseSeen = true;
        base = URL.parse(attributes['href'], url)?.href ?? url;
      }
      if (name === 'link' && isFeedLink(attributes)) {
        declared.push({ href: attributes['href']!, title: cleanTitle(attributes['title'] ?? '') });
      }
    },
    ontext(text) {
      if (inTitle && title!.length < 2 * maxTitleLength) title += text;
    },
    onclosetag(name) {
      if (name === 'svg') svgDepth--;
      if (name === 'title') inTitle = false;
    },
  });
  parser.end(html);
  const feeds = declared.flatMap(({ href, title }) => {
    const feed = URL.parse(href, base);
    if (!feed || !/^https?:$/.test(feed.protocol)) return [];
    feed.hash = '';
    return [{ url: feed.href, title }];
  });
  return { kind: 'page', title: cleanTitle(title ?? ''), feeds };
}

function isFeedLink({ rel = '', type = '', href = '' }: Record<string, string>): boolean {
  const mediaType = type.split(';', 1)[0]!.trim().toLowerCase();
  return /\balternate\b/i.test(rel) && feedTypes.includes(mediaType) && href.trim() !== '';
}

const cleanTitle = (text: string) => plainText(text, maxTitleLength);

/** Text by the charset of the header, else of the document, else UTF-8; a wrong label costs only umlauts of a title. */
function decode(body: Buffer, contentType: string): string {
  const declared =
    /charset\s*=\s*"?([\w:.-]+)/i.exec(contentType) ??
    /(?:charset|encoding)\s*=\s*["']?([\w:.-]+)/i.exec(body.toString('latin1', 0, 2048));
  return decoderOf(declared?.[1]).decode(body);
}

function decoderOf(label: string | undefined) {
  try {
    return new TextDecoder(label);
  } catch {
    // Pages name charsets that do not exist.
    return new TextDecoder();
  }
}
