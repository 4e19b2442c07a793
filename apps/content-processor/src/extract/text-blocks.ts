import type { Block } from '@torale/contracts';
import { BlockList } from './block-list.ts';

/** A paragraph for each run of lines without an empty one between. */
export function textBlocks(text: string, maxBlocks: number): Block[] {
  const list = new BlockList(maxBlocks);
  list.addPreformatted('paragraph', text.replace(/\r\n?/g, '\n'));
  return list.blocks;
}
