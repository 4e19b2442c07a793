export type DocumentKind = 'html' | 'feed' | 'json' | 'text' | 'unsupported';

/** Whether bytes are those of a file that holds no text: a PDF, or anything with a zero byte near its start. */
export function isBinary(body: Buffer): boolean {
  const start = body.toString('latin1', 0, 512);
  const isUtf16 = start.startsWith('\u00ff\u00fe') || start.startsWith('\u00fe\u00ff');
  return start.startsWith('%PDF-') || (start.includes('\u0000') && !isUtf16);
}

/** What a text is, by its beginning; the Content-Type decides only between HTML and plain text without a tag. */
export function documentKindOf(text: string, contentType = ''): DocumentKind {
  const start = withoutPreamble(text.slice(0, 20_000));
  if (/^(<rss|<feed|<rdf:rdf)[\s>]/i.test(start)) return 'feed';
  if (/^<(svg|urlset|sitemapindex|opml|wsdl:|soap)/i.test(start)) return 'unsupported';
  if (/^<(!doctype\s+html|html|head|body)/i.test(start)) return 'html';
  if (/^[{[]/.test(start) && isJson(text)) {
    return /"version"\s*:\s*"https?:\\?\/\\?\/(www\.)?jsonfeed\.org/.test(text) ? 'feed' : 'json';
  }
  if (/^\s*text\/plain\b/i.test(contentType)) return 'text';
  if (
    /\bx?html\b/i.test(contentType) ||
    /<(div|p|span|table|ul|h[1-6]|a|article|section|br)[\s>/]/i.test(start)
  ) {
    return 'html';
  }
  return /^\s*<\?xml/i.test(text) || /^<[a-z][^>]*\sxmlns/i.test(start) ? 'unsupported' : 'text';
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
