import { LinkifyIt } from 'linkify-it';
import tlds from 'tlds' with { type: 'json' };

/** An address that stands in a text. */
export interface WrittenUrl {
  /** Absolute and normalised, without a fragment; any scheme that people link to. */
  url: string;
  /** Written without a scheme (`example.com/pricing`), so it may be no address at all; `https` was assumed. */
  bare: boolean;
}

// Credentials are recognised so that such a URL is refused as a whole, not read as another one.
const linkify = new LinkifyIt({ fuzzyLink: true, urlAuth: true, tlds });

/** The addresses in a text, each once, in order. E-mail addresses are none. */
export function writtenUrls(text: string): WrittenUrl[] {
  // A comma may be part of a path; before another URL it separates.
  const matches = linkify.match(text.replace(/[,;]+(?=https?:\/\/)/gi, ' ')) ?? [];
  const found = new Map<string, WrittenUrl>();
  for (const { schema, text: match } of matches) {
    if (schema === 'mailto:') continue;
    const written = match.replace(/:+$/, '');
    const bare = schema === '' || schema === '//';
    if (bare && !looksLikeHost(written)) continue;
    const url = URL.parse(bare ? `https://${written.replace(/^\/\//, '')}` : written);
    if (!url) continue;
    url.hash = '';
    if (!found.has(url.href)) found.set(url.href, { url: url.href, bare });
  }
  return [...found.values()];
}

/** Not `ASP.NET`, nor two sentences without a space: people write the last part of a host in lower case. */
function looksLikeHost(written: string): boolean {
  const topLevel = /^(?:\/\/)?[^/:?#]*\.([^/:?#]+)/.exec(written)?.[1] ?? '';
  return topLevel === topLevel.toLowerCase();
}
