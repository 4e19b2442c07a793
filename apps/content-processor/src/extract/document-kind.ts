import Papa from 'papaparse';

export type DocumentKind =
  | 'html'
  | 'feed'
  | 'json'
  | 'sitemap'
  | 'calendar'
  | 'csv'
  | 'markdown'
  | 'text'
  | 'pdf'
  | 'binary'
  | 'unsupported';

/** What tells a kind stands near the start; JSON alone is read to its end. */
const sniffedLength = 20_000;

/** Whether bytes are those of a PDF, or of a file that holds no text: it has a zero byte near its start. */
export function binaryKindOf(body: Buffer): 'pdf' | 'binary' | undefined {
  const start = body.toString('latin1', 0, 1024);
  if (/^\s*%PDF-/.test(start)) return 'pdf';
  const isUtf16 = /^(\u00ff\u00fe|\u00fe\u00ff)/.test(start);
  return !isUtf16 && start.slice(0, 512).includes('\u0000') ? 'binary' : undefined;
}

/**
 * What a text is, by its beginning. The Content-Type and the end of the address decide only where that is silent:
 * between HTML and text without a tag, and for Markdown and CSV, which any text could be.
 */
export function documentKindOf(text: string, contentType = '', url = ''): DocumentKind {
  const start = withoutPreamble(text.slice(0, sniffedLength));
  if (/^(<rss|<feed|<rdf:rdf)[\s>]/i.test(start)) return 'feed';
  if (/^<(urlset|sitemapindex)[\s>]/i.test(start)) return 'sitemap';
  if (/^begin:vcalendar\s/i.test(start)) return 'calendar';
  if (/^<(svg|opml|wsdl:|soap)/i.test(start)) return 'unsupported';
  if (/^<(!doctype\s+html|html|head|body)/i.test(start)) return 'html';
  if (/^[{[]/.test(start) && isJson(text)) {
    return /"version"\s*:\s*"https?:\\?\/\\?\/(www\.)?jsonfeed\.org/.test(text) ? 'feed' : 'json';
  }
  if (/^\s*text\/plain\b/i.test(contentType)) return textKindOf(start, contentType, url);
  if (/\bx?html\b/i.test(contentType) || tag.test(start)) return 'html';
  if (/^\s*<\?xml/i.test(text) || /^<[a-z][^>]*\sxmlns/i.test(start)) return 'unsupported';
  return textKindOf(start, contentType, url);
}

const tag = /<(div|p|span|table|ul|h[1-6]|a|article|section|br)[\s>/]/i;

function textKindOf(start: string, contentType: string, url: string): DocumentKind {
  const path = URL.parse(url)?.pathname ?? '';
  if (/\b(text|application)\/(x-)?markdown\b/i.test(contentType) || /\.(md|markdown)$/i.test(path)) {
    return 'markdown';
  }
  const isNamedTable = /\b(csv|tab-separated-values)\b/i.test(contentType) || /\.(csv|tsv)$/i.test(path);
  return isNamedTable || isTable(start) ? 'csv' : 'text';
}

/** Several rows of equally many cells, three at least: prose has commas too. */
function isTable(start: string): boolean {
  const { data, meta } = Papa.parse<string[]>(start, {
    preview: 6,
    skipEmptyLines: true,
    delimitersToGuess: [',', ';', '\t', '|'],
  });
  const columns = data[0]?.length ?? 0;
  return !meta.aborted && columns >= 3 && data.length >= 4 && data.every((row) => row.length === columns);
}

/** Without the XML declaration, stylesheets, comments and spaces that may precede the root of a document. */
function withoutPreamble(text: string): string {
  return text.replace(/^(\ufeff|\s+|<\?(?:xml[^>]*)\?>|<!--[\s\S]*?-->)*/i, '');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
