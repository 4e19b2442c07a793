import type { Block } from '@torale/contracts';
import { extractTextItems, getDocumentProxy, type StructuredTextItem } from 'unpdf';
import { BlockList } from './block-list.ts';
import { ExtractionError } from './extraction-error.ts';

interface Line {
  text: string;
  fontSize: number;
  y: number;
  /** It holds columns, so it is a row. */
  isRow: boolean;
}

/** In font sizes: a wider space parts columns, a wider gap parts paragraphs. */
const columnSpace = 2;
const paragraphGap = 1.6;
const headingSize = 1.15;

/**
 * The text of a PDF as headings (larger letters), rows (lines with columns) and paragraphs.
 * @throws ExtractionError when the file is damaged, locked or holds pictures only
 */
export async function pdfBlocks(body: Buffer, maxBlocks: number): Promise<Block[]> {
  const list = new BlockList(maxBlocks);
  const pages = (await itemsOf(body)).map(linesOf);
  const bodySize = medianSize(pages.flat());
  for (const lines of pages) {
    let paragraph: Line[] = [];
    const flush = () => {
      list.add('paragraph', joined(paragraph));
      paragraph = [];
    };
    for (const line of lines) {
      const above = paragraph.at(-1);
      if (above && above.y - line.y > paragraphGap * line.fontSize) flush();
      if (line.fontSize > headingSize * bodySize || line.isRow) {
        flush();
        if (line.isRow) list.add('table_row', line.text);
        else list.addHeading(Math.round((100 * bodySize) / line.fontSize), line.text);
      } else paragraph.push(line);
    }
    flush();
  }
  if (list.blocks.length === 0)
    throw new ExtractionError('empty', 'The PDF holds no text, only pictures perhaps');
  return list.blocks;
}

async function itemsOf(body: Buffer): Promise<StructuredTextItem[][]> {
  try {
    // The reader takes the memory it is given for its own.
    const document = await getDocumentProxy(Uint8Array.from(body), { verbosity: 0 });
    return (await extractTextItems(document)).items;
  } catch (error) {
    throw new ExtractionError('unsupported', `The PDF cannot be read: ${(error as Error).message}`);
  }
}

function linesOf(items: readonly StructuredTextItem[]): Line[] {
  const lines: (Line & { end: number })[] = [];
  for (const { str, x, y, width, fontSize } of items) {
    if (str.trim() === '') continue;
    const line = lines.at(-1);
    if (!line || Math.abs(line.y - y) > fontSize / 2) {
      lines.push({ text: str, fontSize, y, isRow: false, end: x + width });
      continue;
    }
    const space = x - line.end;
    const isColumn = space > columnSpace * fontSize;
    line.text += (isColumn ? ' | ' : space > fontSize / 8 ? ' ' : '') + str;
    line.isRow ||= isColumn;
    line.fontSize = Math.max(line.fontSize, fontSize);
    line.end = x + width;
  }
  return lines;
}

function medianSize(lines: readonly Line[]): number {
  const sizes = lines.flatMap(({ text, fontSize }) =>
    Array<number>(Math.ceil(text.length / 20)).fill(fontSize),
  );
  return sizes.sort((a, b) => a - b)[sizes.length >> 1] ?? 0;
}

/** A word that a line ends in the middle of is one word. */
const joined = (lines: readonly Line[]) =>
  lines
    .map(({ text }) => text)
    .join('\n')
    .replace(/(?<=\p{Ll})-\n(?=\p{Ll})/gu, '')
    .replaceAll('\n', ' ');
