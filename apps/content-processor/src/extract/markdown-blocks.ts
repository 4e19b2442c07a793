import type { Block } from '@torale/contracts';
import { marked } from 'marked';
import { htmlBlocks } from './html-blocks.ts';
import { parseHtml } from './html-tree.ts';

/** Markdown as the page it describes. */
export function markdownBlocks(text: string, maxBlocks: number): Block[] {
  return htmlBlocks(parseHtml(marked.parse(text, { async: false, gfm: true })), maxBlocks);
}
