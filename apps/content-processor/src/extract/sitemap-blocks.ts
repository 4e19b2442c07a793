import type { Block } from '@torale/contracts';
import { Parser } from 'htmlparser2';
import { BlockList } from './block-list.ts';

/** One block per address that a sitemap lists. When it was changed is left out: many sitemaps say "now". */
export function sitemapBlocks(text: string, maxBlocks: number): Block[] {
  const list = new BlockList(maxBlocks);
  let address: string | undefined;
  const parser = new Parser(
    {
      onopentag(name) {
        if (name === 'loc') address = '';
      },
      ontext(piece) {
        if (address !== undefined) address += piece;
      },
      onclosetag(name) {
        if (name !== 'loc' || address === undefined) return;
        const key = address.trim();
        if (key) list.add('feed_item', key, { key });
        address = undefined;
      },
    },
    { xmlMode: true },
  );
  parser.end(text);
  return list.blocks;
}
