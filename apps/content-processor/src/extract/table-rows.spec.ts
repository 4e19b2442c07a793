import type { Block } from '@torale/contracts';
import { htmlBlocks } from './html-blocks.ts';
import { parseHtml } from './html-tree.ts';

const blocksOf = (html: string): Block[] => htmlBlocks(parseHtml(html), 1000);
const headersOf = (block: Block | undefined) => block?.cells?.map(({ header, text }) => [header, text]);

test('a cell that spans rows is in each of them', () => {
  const rows = blocksOf(`<table><tr><th>Day</th><th>Hour</th><th>Act</th></tr>
    <tr><td rowspan="2">Friday</td><td>18:00</td><td>Ola</td></tr><tr><td>20:00</td><td>Ben</td></tr>
    <tr><td>Saturday</td><td colspan="2">cancelled</td></tr></table>`);
  expect(rows.map(({ text }) => text)).toEqual([
    'Day | Hour | Act',
    'Friday | 18:00 | Ola',
    'Friday | 20:00 | Ben',
    'Saturday | cancelled',
  ]);
  expect(headersOf(rows[2])).toEqual([
    ['Day', 'Friday'],
    ['Hour', '20:00'],
    ['Act', 'Ben'],
  ]);
});

test('an empty cell keeps its place, so a mark that moves is a change', () => {
  const row = (cells: string) => blocksOf(`<table><tr>${cells}</tr></table>`)[0]!;
  expect(row('<td>Wi-Fi<td>✓<td>').hash).not.toBe(row('<td>Wi-Fi<td><td>✓').hash);
});

test('two rows of headers name a column together', () => {
  const rows =
    blocksOf(`<table><thead><tr><th></th><th>2027</th></tr><tr><th>City</th><th>May</th></tr></thead>
    <tr><td>Oslo</td><td>4</td></tr></table>`);
  expect(headersOf(rows.at(-1))).toEqual([
    ['City', 'Oslo'],
    ['2027 May', '4'],
  ]);
});

test('a table without headers has none', () => {
  expect(headersOf(blocksOf('<table><tr><th>Price</th><td>$5</td></tr></table>')[0])).toEqual([
    [null, 'Price'],
    [null, '$5'],
  ]);
});

test('a table that arranges a page is read as its cells', () => {
  const html = `<table><tr><td><h2>News</h2><p>First</p></td><td><table><tr><td>1</td><td>2</td></tr></table></td></tr></table>`;
  expect(blocksOf(html).map(({ kind, text }) => [kind, text])).toEqual([
    ['heading', 'News'],
    ['paragraph', 'First'],
    ['table_row', '1 | 2'],
  ]);
});

test('hidden rows and cells of noise are left out', () => {
  const html = `<table><tr hidden><td>old</td></tr><tr><td>new<span hidden>old</span></td><td>1</td></tr></table><h1>Long enough a heading</h1>`;
  expect(blocksOf(html)[0]!.text).toBe('new | 1');
});
