import type { Block } from '@torale/contracts';
import { parseFeed } from 'feedsmith';
import { BlockList } from './block-list.ts';
import { ExtractionError } from './extraction-error.ts';
import { parseHtml } from './html-tree.ts';
import { textOf } from './inline-text.ts';
import { normaliseText } from './normalise-text.ts';

interface FeedItem {
  key: string | undefined;
  title: string | undefined;
  /** HTML or plain text. */
  body: string | undefined;
}

/** A full article in a feed is more than anyone compares. */
const maxBodyLength = 5000;

/** The feed's title and one block per item, which its id identifies. Dates are left out: many feeds say "now". */
export function feedBlocks(text: string, maxBlocks: number): Block[] {
  const { title, items } = readFeed(text);
  const list = new BlockList(maxBlocks);
  if (title) list.add('title', plainText(title));
  for (const item of items) {
    const parts = [item.title, item.body?.slice(0, maxBodyLength)].map((part) => plainText(part ?? ''));
    const key = normaliseText(item.key ?? '');
    list.add('feed_item', parts.filter(Boolean).join(' — '), key ? { key } : {});
  }
  return list.blocks;
}

function readFeed(text: string): { title: string | undefined; items: FeedItem[] } {
  const parsed = parse(text);
  switch (parsed.format) {
    case 'rss':
      return {
        title: parsed.feed.title,
        items: (parsed.feed.items ?? []).map((item) => ({
          key: item.guid?.value ?? item.link,
          title: item.title,
          body: item.description ?? item.content?.encoded,
        })),
      };
    case 'atom':
      return {
        title: parsed.feed.title?.value,
        items: (parsed.feed.entries ?? []).map((entry) => ({
          key: entry.id ?? entry.links?.[0]?.href,
          title: entry.title?.value,
          body: entry.summary?.value ?? entry.content?.value,
        })),
      };
    case 'rdf':
      return {
        title: parsed.feed.title,
        items: (parsed.feed.items ?? []).map((item) => ({
          key: item.link,
          title: item.title,
          body: item.description,
        })),
      };
    case 'json':
      return {
        title: parsed.feed.title,
        items: (parsed.feed.items ?? []).map((item) => ({
          key: item.id ?? item.url,
          title: item.title,
          body: item.summary ?? item.content_text ?? item.content_html,
        })),
      };
  }
}

function parse(text: string) {
  try {
    return parseFeed(text);
  } catch (error) {
    throw new ExtractionError('unsupported', `The feed cannot be read: ${(error as Error).message}`);
  }
}

const plainText = (html: string): string => normaliseText(textOf(parseHtml(html), new Set()));
