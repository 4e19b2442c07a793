import { getDomain } from 'tldts';

/** A feed that a page declares in a `link` element. */
export interface DeclaredFeed {
  /** Absolute. */
  url: string;
  title: string | null;
}

const maxFeeds = 2;
const comments = /comment|kommentar|withcomments/i;

/**
 * The feeds of a page worth watching next to it, at most two: not those of comments, one of several formats of the
 * same feed, those of the page's own site first.
 */
export function chooseFeeds(feeds: readonly DeclaredFeed[], pageUrl: string): DeclaredFeed[] {
  const chosen = new Map<string, DeclaredFeed>();
  for (const feed of feeds) {
    if (comments.test(feed.url) || comments.test(feed.title ?? '')) continue;
    const key = contentKey(feed);
    if (!chosen.has(key)) chosen.set(key, feed);
  }
  const site = siteOf(pageUrl);
  return [...chosen.values()]
    .sort((left, right) => Number(siteOf(right.url) === site) - Number(siteOf(left.url) === site))
    .slice(0, maxFeeds);
}

/** Equal for the RSS, Atom and JSON form of one feed, where their titles show it. */
function contentKey({ title, url }: DeclaredFeed): string {
  const subject = title?.toLowerCase().replace(/\b(?:rss|atom|json|xml|feed|[12]\.[0-9])\b|\W+/gu, '');
  return subject || url;
}

/** Registrable domain, or the host where there is none (an IP address, `localhost`). */
const siteOf = (url: string) => getDomain(url, { allowPrivateDomains: true }) ?? new URL(url).hostname;
