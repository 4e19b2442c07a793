import type { Block } from '@torale/contracts';
import { labelOf } from './block-list.ts';
import type { HtmlElement } from './html-tree.ts';
import { textOf } from './inline-text.ts';
import { normaliseText } from './normalise-text.ts';

export interface TableRow {
  text: string;
  cells: NonNullable<Block['cells']>;
}

/** Whole paragraphs in a cell: the table is there for the layout. */
const maxCellLength = 2000;
const maxSpan = 50;

/** Whether a table arranges a page rather than data; then its cells are as good as `div`s. */
export function isLayoutTable(table: HtmlElement): boolean {
  const { role } = table.attributes;
  if (role === 'presentation' || role === 'none' || table.holdsStructure) return true;
  return rowsOf(table).some(({ row }) => cellsOf(row).some((cell) => cell.textLength > maxCellLength));
}

/**
 * The rows of a data table. A cell that spans rows is in each of them; a header row names the columns below it.
 */
export function tableRows(table: HtmlElement, noise: ReadonlySet<HtmlElement>): TableRow[] {
  const rows: TableRow[] = [];
  let headers: string[] = [];
  let afterHeader = false;
  /** By column: the text of a cell from above and the rows it still reaches into. */
  const spanning: { text: string; rows: number }[] = [];

  for (const { row, inHead } of rowsOf(table)) {
    if (noise.has(row)) continue;
    const columns: { index: number; text: string }[] = [];
    const elements = cellsOf(row);
    let index = 0;
    const takeSpanning = () => {
      for (let above = spanning[index]; above && above.rows > 0; above = spanning[index]) {
        above.rows--;
        columns.push({ index: index++, text: above.text });
      }
    };
    for (const element of elements) {
      takeSpanning();
      const text = normaliseText(textOf(element, noise));
      columns.push({ index, text });
      const rowSpan = spanOf(element, 'rowspan');
      if (rowSpan > 1) spanning[index] = { text, rows: rowSpan - 1 };
      index += spanOf(element, 'colspan');
    }
    takeSpanning();

    const isHeader = inHead || (elements.length > 1 && elements.every(({ name }) => name === 'th'));
    const rowHeaders = headers;
    if (isHeader) {
      const labels: string[] = afterHeader ? [...headers] : [];
      for (const column of columns) {
        const label = labelOf([labels[column.index], column.text].filter(Boolean).join(' '));
        labels[column.index] = label;
      }
      headers = labels;
    }
    afterHeader = isHeader;

    if (columns.every(({ text }) => text === '')) continue;
    rows.push({
      text: columns.map(({ text }) => text).join(' | '),
      cells: columns.map((column) => ({
        header: (isHeader ? undefined : rowHeaders[column.index]) || null,
        text: column.text,
      })),
    });
  }
  return rows;
}

function rowsOf(table: HtmlElement): { row: HtmlElement; inHead: boolean }[] {
  const rows: { row: HtmlElement; inHead: boolean }[] = [];
  const work = [{ element: table, inHead: false }];
  for (let item = work.pop(); item; item = work.pop()) {
    const { element } = item;
    if (element.name === 'tr') {
      rows.push({ row: element, inHead: item.inHead });
      continue;
    }
    const inHead = item.inHead || element.name === 'thead';
    for (let i = element.children.length - 1; i >= 0; i--) {
      const child = element.children[i]!;
      if (typeof child !== 'string') work.push({ element: child, inHead });
    }
  }
  return rows;
}

const cellsOf = (row: HtmlElement): HtmlElement[] =>
  row.children.filter(
    (child): child is HtmlElement =>
      typeof child !== 'string' && (child.name === 'td' || child.name === 'th'),
  );

function spanOf(element: HtmlElement, attribute: 'rowspan' | 'colspan'): number {
  const span = Number.parseInt(element.attributes[attribute] ?? '1', 10);
  return Math.min(Math.max(span || 1, 1), maxSpan);
}
