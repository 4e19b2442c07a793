import type { Block } from '@torale/contracts';
import { BlockList } from './block-list.ts';

/** A paragraph for each run of lines without an empty one between. */
export function textBlocks(text: string, maxBlocks: number): Block[] {
  const list = new BlockList(maxBlocks);
  list.addPreformatted('paragraph', text.replace(/\r\n?/g, '\n'));
  return list.blocks;
}

/** Of a path, its end: what tells values apart stands there. */
const maxPathLength = 200;

/** One block per value, `offers[].price: 549`. Places in arrays are left out, so that an item more is an item more. */
export function jsonBlocks(text: string, maxBlocks: number): Block[] {
  const list = new BlockList(maxBlocks);
  const work: { path: string; value: unknown }[] = [{ path: '', value: JSON.parse(text) }];
  for (let item = work.pop(); item; item = work.pop()) {
    const { path, value } = item;
    if (typeof value !== 'object' || value === null) {
      list.add('definition', `${path}: ${String(value)}`);
      continue;
    }
    const inArray = Array.isArray(value);
    for (const [key, member] of Object.entries(value).reverse()) {
      const memberPath = inArray ? `${path}[]` : path ? `${path}.${key}` : key;
      work.push({ path: memberPath.slice(-maxPathLength), value: member });
    }
  }
  return list.blocks;
}
