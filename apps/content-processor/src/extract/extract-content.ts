import { hash } from 'node:crypto';
import type { Block, Extraction } from '@torale/contracts';
import type { OutboundResponse } from '@torale/outbound-http';
import { BlockList } from './block-list.ts';
import { calendarBlocks } from './calendar-blocks.ts';
import { csvBlocks } from './csv-blocks.ts';
import { decodeBody } from './decode-body.ts';
import { binaryKindOf, type DocumentKind, documentKindOf } from './document-kind.ts';
import { assertContentPage, assertSuccessStatus } from './error-page.ts';
import { ExtractionError } from './extraction-error.ts';
import { addFacets } from './facets.ts';
import { feedBlocks } from './feed-blocks.ts';
import { addHtmlBlocks } from './html-blocks.ts';
import { parseHtml } from './html-tree.ts';
import { jsonBlocks } from './json-blocks.ts';
import { markdownBlocks } from './markdown-blocks.ts';
import { wrongLanguage } from './selector.ts';
import { selectParts } from './select-html.ts';
import { sitemapBlocks } from './sitemap-blocks.ts';
import { addHiddenOffers } from './structured-data.ts';
import { textBlocks } from './text-blocks.ts';

export interface ExtractedContent {
  title: string | null;
  /** At least one; in reading order. */
  blocks: Block[];
  /** SHA-256 (hex) over the block hashes in order. */
  content_hash: string;
}

export interface ExtractOptions extends Pick<Extraction, 'include' | 'exclude' | 'facets'> {
  /** Where the page was asked for, to notice a redirect to a login. */
  requested_url: string;
  /** One more fails as too large. */
  max_blocks: number;
}

/**
 * A response as content. Pure and deterministic: the same response gives the same blocks.
 * @throws ExtractionError when it is an error, a bot wall, empty, too large or of a kind that is not read
 */
export async function extractContent(
  response: OutboundResponse,
  options: ExtractOptions,
): Promise<ExtractedContent> {
  const { body, url } = response;
  const contentType = response.headers['content-type'] ?? '';
  const binary = binaryKindOf(body);
  const text = binary ? '' : decodeBody(body, contentType);
  const kind = binary ?? documentKindOf(text, contentType, url);
  assertSuccessStatus(response, text);
  if (body.length === 0) throw new ExtractionError('empty', 'The site answered with an empty body');

  if (kind === 'html') return contentOf(...htmlContent(text, response, options));
  assertSelectable(kind, options);
  const blocks = await blocksOf(kind, response, text, options);
  if (blocks.length === 0) throw new ExtractionError('empty', emptyMessages[kind] ?? 'The document is empty');
  return contentOf(blocks, titleOf(blocks));
}

function contentOf(blocks: Block[], title: string | null): ExtractedContent {
  return { title, blocks, content_hash: hash('sha256', blocks.map((block) => block.hash).join('\n')) };
}

const titleOf = (blocks: readonly Block[]): string | null =>
  (blocks.find(({ kind }) => kind === 'title') ?? blocks.find(({ kind }) => kind === 'heading'))?.text ??
  null;

const emptyMessages: Partial<Record<DocumentKind, string>> = {
  feed: 'The feed has neither a title nor an item',
  json: 'The JSON holds no value',
  text: 'The text is empty',
};

async function blocksOf(
  kind: Exclude<DocumentKind, 'html'>,
  { headers, body }: OutboundResponse,
  text: string,
  { max_blocks, ...options }: ExtractOptions,
): Promise<Block[]> {
  switch (kind) {
    case 'feed':
      return feedBlocks(text, max_blocks);
    case 'json':
      return jsonBlocks(text, max_blocks, options);
    case 'sitemap':
      return sitemapBlocks(text, max_blocks);
    case 'calendar':
      return calendarBlocks(text, max_blocks);
    case 'csv':
      return csvBlocks(text, max_blocks);
    case 'markdown':
      return markdownBlocks(text, max_blocks);
    case 'text':
      return textBlocks(text, max_blocks);
    case 'pdf': {
      // Large, and seldom needed.
      const { pdfBlocks } = await import('./pdf-blocks.ts');
      return pdfBlocks(body, max_blocks);
    }
    case 'binary':
    case 'unsupported':
      throw new ExtractionError(
        'unsupported',
        `A document of type ${headers['content-type'] ?? 'unknown'} cannot be watched`,
      );
  }
}

/** Selectors pick parts of pages and of JSON; elsewhere they would silently pick everything. */
function assertSelectable(kind: DocumentKind, { include, exclude }: ExtractOptions): void {
  const [selector] = [...include, ...exclude];
  if (selector !== undefined && kind !== 'json')
    throw wrongLanguage(selector, `a document of kind "${kind}"`);
}

function htmlContent(
  html: string,
  { url }: OutboundResponse,
  { include, exclude, facets, requested_url, max_blocks }: ExtractOptions,
): [blocks: Block[], title: string | null] {
  const root = parseHtml(html);
  addFacets(root, facets);
  const selects = include.length + exclude.length > 0;
  // What is too long as a whole may be short in the part that is picked.
  const whole = new BlockList(selects ? Infinity : max_blocks);
  addHtmlBlocks(whole, root);
  assertContentPage(whole.blocks, html, sameAddress(requested_url, url) ? undefined : new URL(url));
  const title = titleOf(whole.blocks);

  let list = whole;
  if (selects) {
    list = new BlockList(max_blocks);
    addHtmlBlocks(list, selectParts(root, { include, exclude }));
  }
  if (include.length === 0) addHiddenOffers(list, html, root);
  if (!list.blocks.some(({ kind }) => kind !== 'title')) {
    throw new ExtractionError('empty', 'The page holds no text; it may need a browser to show any');
  }
  return [list.blocks, title];
}

function sameAddress(a: string, b: string): boolean {
  return new URL(a).pathname === new URL(b).pathname;
}
