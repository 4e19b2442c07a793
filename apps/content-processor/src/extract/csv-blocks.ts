import type { Block } from '@torale/contracts';
import Papa from 'papaparse';
import { BlockList, labelOf } from './block-list.ts';
import { normaliseText } from './normalise-text.ts';

/** The rows of a table in a text file, each with the headers of the first row. The delimiter is found out. */
export function csvBlocks(text: string, maxBlocks: number): Block[] {
  const list = new BlockList(maxBlocks);
  let headers: string[] | undefined;
  Papa.parse<string[]>(text.replace(/^\ufeff/, ''), {
    skipEmptyLines: 'greedy',
    delimitersToGuess: [',', ';', '\t', '|'],
    step({ data }) {
      const cells = data.map(normaliseText);
      list.add('table_row', cells.join(' | '), {
        cells: cells.map((cell, column) => ({ header: headers?.[column] || null, text: cell })),
      });
      headers ??= cells.map(labelOf);
    },
  });
  return list.blocks;
}
