import type { Extraction, FetchOutcome } from '@torale/contracts';
import type { FakeSiteHandler, FakeSiteResponse } from '../fake-site.ts';

/** One page of the content site and what has to come of it. */
export interface ContentPage {
  /** What the page shows, unique. */
  name: string;
  answer: FakeSiteResponse | FakeSiteHandler;
  /** Where it is, when the path matters. */
  path?: string;
  /** Asked for in place of the path, from the site's own address. */
  url?: (siteUrl: string) => string;
  extraction?: Partial<Extraction>;
  outcome: FetchOutcome;
  /** `kind: text`, and ` #key` where a block has one; in order, all of them. */
  blocks?: string[];
  /** Instead of `blocks` where a page is large: how many there are. */
  blockCount?: number;
  /** Headings above a block, by its text. */
  paths?: Record<string, string[]>;
  /** The status that is reported with the outcome. */
  status?: number | null;
}

export const html = (body: string | Buffer, headers: Record<string, string> = {}): FakeSiteResponse => ({
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body,
});

export const typed = (type: string | undefined, body: string | Buffer): FakeSiteResponse => ({
  headers: type === undefined ? {} : { 'content-type': type },
  body,
});

/** A page as it stands in the wild: the main part among all that nobody watches. */
export const furnished = (main: string): string => `<!DOCTYPE html>
<html lang="en"><head><title>Harbour Shop</title><meta charset="utf-8"><style>.price { color: red }</style>
<script>window.dataLayer = [{ price: 1 }];</script></head>
<body><header><nav><ul><li><a href="/">Home</a></li><li><a href="/deals">Deals</a></li></ul></nav></header>
<div id="onetrust-banner-sdk" class="cookie-banner"><p>We value your privacy.</p><button>Accept all</button></div>
${main}
<aside class="ad-slot">Sponsored: fly to Lisbon from $89</aside>
<div style="display: none">Loading…</div>
<footer><p>© 2026 Harbour Shop</p><a href="/imprint">Imprint</a></footer></body></html>`;
