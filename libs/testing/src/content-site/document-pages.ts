import { gzipSync } from 'node:zlib';
import { type ContentPage, typed } from './content-page.ts';
import { pdfFile } from './pdf-file.ts';

const ok = (
  name: string,
  type: string | undefined,
  body: string | Buffer,
  blocks: string[],
  more: Partial<ContentPage> = {},
): ContentPage => ({
  name,
  answer: typed(type, body),
  outcome: 'ok',
  blocks,
  ...more,
});

const rss = `<?xml version="1.0"?><rss version="2.0"><channel><title>Releases</title>
  <lastBuildDate>Sun, 22 Nov 2026 10:00:00 GMT</lastBuildDate>
  <item><title>Version 2</title><guid>v2</guid><description>&lt;p&gt;Faster by &lt;b&gt;half&lt;/b&gt;&lt;/p&gt;</description></item>
  <item><title>Version 1</title><link>https://a.test/v1</link></item></channel></rss>`;
const rssBlocks = [
  'title: Releases',
  'feed_item: Version 2 — Faster by half #v2',
  'feed_item: Version 1 #https://a.test/v1',
];
const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>urn:f</id><updated>2026-06-01T00:00:00Z</updated>
  <entry><id>urn:1</id><title>Opening</title><updated>2026-06-01T00:00:00Z</updated><summary>June 4</summary></entry></feed>`;
const jsonFeed = JSON.stringify({
  version: 'https://jsonfeed.org/version/1.1',
  title: 'Notes',
  items: [{ id: '7', content_html: '<p>Hello</p>' }],
});
const csv = 'Plan,Price,Seats\nSolo,$9,1\n"Team, large",$29,10\nWide,$99,50\n';
const csvBlocks = [
  'table_row: Plan | Price | Seats',
  'table_row: Solo | $9 | 1',
  'table_row: Team, large | $29 | 10',
  'table_row: Wide | $99 | 50',
];
const calendar = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'X-WR-CALNAME:Harbour',
  'BEGIN:VEVENT',
  'UID:1@harbour',
  'DTSTAMP:20261122T101010Z',
  'DTSTART:20270604T180000Z',
  'SUMMARY:Concert',
  'LOCATION:Pier 7',
  'STATUS:CANCELLED',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');
const pdf = pdfFile([
  [
    { text: 'Price list', x: 50, y: 780, size: 20 },
    { text: 'Valid from June, with all taxes in-', x: 50, y: 740, size: 11 },
    { text: 'cluded (except glass).', x: 50, y: 726, size: 11 },
    { text: 'Lumen 40', x: 50, y: 680, size: 11 },
    { text: '$90.74', x: 300, y: 680, size: 11 },
  ],
  [{ text: 'Second page', x: 50, y: 780, size: 11 }],
]);

/** All that is not HTML, under types that are right, wrong or missing. */
export const documentPages: ContentPage[] = [
  ok('RSS', 'application/rss+xml', rss, rssBlocks),
  ok('RSS served as HTML', 'text/html; charset=utf-8', rss, rssBlocks),
  ok(
    'RSS after a comment and without a type',
    undefined,
    `<!-- made by hand -->\n${rss.slice(rss.indexOf('<rss'))}`,
    rssBlocks,
  ),
  ok('Atom as plain text', 'text/plain', atom, ['title: News', 'feed_item: Opening — June 4 #urn:1']),
  ok(
    'RSS 1.0',
    'application/xml',
    `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel rdf:about="https://a.test/"><title>Old</title></channel>
     <item rdf:about="https://a.test/1"><title>One</title><link>https://a.test/1</link></item></rdf:RDF>`,
    ['title: Old', 'feed_item: One #https://a.test/1'],
  ),
  ok('JSON Feed', 'application/feed+json', jsonFeed, ['title: Notes', 'feed_item: Hello #7']),
  ok('JSON Feed as plain JSON', 'application/json', jsonFeed, ['title: Notes', 'feed_item: Hello #7']),
  ok(
    'a feed that has nothing to say yet',
    'application/rss+xml',
    '<rss version="2.0"><channel><title>Releases</title></channel></rss>',
    ['title: Releases'],
  ),
  { ...ok('a feed that is cut off', 'application/rss+xml', '<rss><channel>', []), outcome: 'unsupported' },
  ok(
    'JSON in its canonical form',
    'application/json',
    '{"plans":[{"price":9.50,"name":"Solo"},{"name":"Team","price":29}],"at":null}',
    [
      'definition: at: null',
      'definition: plans[Solo].name: Solo',
      'definition: plans[Solo].price: 9.5',
      'definition: plans[Team].name: Team',
      'definition: plans[Team].price: 29',
    ],
    { paths: { 'plans[Team].price: 29': ['Team'] } },
  ),
  ok('JSON as text', 'text/plain', ' {"b": 1, "a": [true]}', ['definition: a[]: true', 'definition: b: 1']),
  ok('JSON as HTML', 'text/html', '{"a": 1}', ['definition: a: 1']),
  ok(
    'the JSON that JSONPath picks',
    'application/json',
    '{"offers":[{"id":1,"price":5,"views":9},{"id":2,"price":6}],"at":"now"}',
    ['definition: offers[2].id: 2', 'definition: offers[2].price: 6'],
    { extraction: { include: ['$.offers[?@.id == 2]'] } },
  ),
  { ...ok('JSON without a value', 'application/json', '[]', []), outcome: 'empty' },
  ok(
    'a PDF',
    'application/pdf',
    pdf,
    [
      'heading: Price list',
      'paragraph: Valid from June, with all taxes included (except glass).',
      'table_row: Lumen 40 | $90.74',
      'paragraph: Second page',
    ],
    { paths: { 'Lumen 40 | $90.74': ['Price list'] } },
  ),
  ok('a PDF without a type', 'application/octet-stream', pdf, [
    'heading: Price list',
    'paragraph: Valid from June, with all taxes included (except glass).',
    'table_row: Lumen 40 | $90.74',
    'paragraph: Second page',
  ]),
  { ...ok('a PDF of pictures', 'application/pdf', pdfFile([[]]), []), outcome: 'empty' },
  { ...ok('a PDF that is damaged', 'application/pdf', '%PDF-1.7\ngarbage', []), outcome: 'unsupported' },
  ok('plain text', 'text/plain', 'Version 2\r\nis out.\r\n\r\nVersion 1', [
    'paragraph: Version 2 is out.',
    'paragraph: Version 1',
  ]),
  ok('plain text with tags in it', 'text/plain', 'Write <p> for a paragraph.', [
    'paragraph: Write <p> for a paragraph.',
  ]),
  ok('text as a stream of octets', 'application/octet-stream', 'Version 2 is out.', [
    'paragraph: Version 2 is out.',
  ]),
  ok('Markdown by its type', 'text/markdown', '# Notes\n\n- **fast**\n- small\n', [
    'heading: Notes',
    'list_item: fast',
    'list_item: small',
  ]),
  ok(
    'Markdown by its name',
    'text/plain',
    '# Notes\n\n| Plan | Price |\n|--|--|\n| Solo | $9 |\n',
    ['heading: Notes', 'table_row: Plan | Price', 'table_row: Solo | $9'],
    { path: '/CHANGELOG.md' },
  ),
  ok('CSV', 'text/csv', csv, csvBlocks),
  ok('CSV as a stream of octets', 'application/octet-stream', csv, csvBlocks),
  ok(
    'CSV with semicolons by its name',
    'text/plain',
    'Plan;Price\nSolo;9,50\n',
    ['table_row: Plan | Price', 'table_row: Solo | 9,50'],
    { path: '/prices.csv' },
  ),
  ok('a calendar', 'text/calendar', calendar, [
    'title: Harbour',
    'feed_item: Concert — 2027-06-04 18:00Z — Pier 7 — CANCELLED #1@harbour',
  ]),
  ok('a calendar as plain text', 'text/plain', calendar, [
    'title: Harbour',
    'feed_item: Concert — 2027-06-04 18:00Z — Pier 7 — CANCELLED #1@harbour',
  ]),
  ok(
    'a sitemap',
    'application/xml',
    `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://a.test/1</loc><lastmod>2026-11-22</lastmod></url></urlset>`,
    ['feed_item: https://a.test/1 #https://a.test/1'],
  ),
  ok(
    'a sitemap index as HTML',
    'text/html',
    `<?xml version="1.0"?><!-- index --><sitemapindex><sitemap><loc>https://a.test/s.xml</loc></sitemap></sitemapindex>`,
    ['feed_item: https://a.test/s.xml #https://a.test/s.xml'],
  ),
  ok('HTML as plain text', 'text/plain', '<!-- hello --><!DOCTYPE html><title>A</title><h1>Lamp</h1>', [
    'title: A',
    'heading: Lamp',
  ]),
  ok(
    'XHTML with its declaration',
    'application/xhtml+xml',
    '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" ""><html xmlns="http://www.w3.org/1999/xhtml"><body><h1>Lamp</h1></body></html>',
    ['heading: Lamp'],
  ),
  ok('HTML without a type', undefined, 'Hello <p>Lamp</p>', ['paragraph: Hello', 'paragraph: Lamp']),
  {
    name: 'text in gzip',
    answer: {
      headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
      body: gzipSync('Packed text'),
    },
    outcome: 'ok',
    blocks: ['paragraph: Packed text'],
  },
  {
    ...ok('a picture', 'image/png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]), []),
    outcome: 'unsupported',
  },
  {
    ...ok(
      'a picture that calls itself HTML',
      'text/html',
      Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70]),
      [],
    ),
    outcome: 'unsupported',
  },
  {
    ...ok(
      'XML of a kind of its own',
      'application/xml',
      '<?xml version="1.0"?><prices><price>5</price></prices>',
      [],
    ),
    outcome: 'unsupported',
  },
];
