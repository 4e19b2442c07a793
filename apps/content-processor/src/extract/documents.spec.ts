import type { Block } from '@torale/contracts';
import { calendarBlocks } from './calendar-blocks.ts';
import { csvBlocks } from './csv-blocks.ts';
import { markdownBlocks } from './markdown-blocks.ts';
import { sitemapBlocks } from './sitemap-blocks.ts';

const linesOf = (blocks: Block[]) => blocks.map(({ kind, text, key }) => [kind, text, ...(key ? [key] : [])]);

test('CSV is rows with headers, whatever parts them', () => {
  const rows = csvBlocks('\ufeffPlan;Price\r\n"Solo; small";9,50\r\n\r\nTeam;29', 100);
  expect(linesOf(rows)).toEqual([
    ['table_row', 'Plan | Price'],
    ['table_row', 'Solo; small | 9,50'],
    ['table_row', 'Team | 29'],
  ]);
  expect(rows[1]!.cells).toEqual([
    { header: 'Plan', text: 'Solo; small' },
    { header: 'Price', text: '9,50' },
  ]);
});

test('a calendar is its events by UID', () => {
  const calendar = `BEGIN:VCALENDAR
VERSION:2.0
X-WR-CALNAME:Harbour
BEGIN:VEVENT
UID:1@harbour
DTSTAMP:20261122T101010Z
DTSTART;TZID=Europe/Oslo:20270604T180000
DTEND;TZID=Europe/Oslo:20270604T200000
RRULE:FREQ=WEEKLY;COUNT=3
SUMMARY:Concert\\, open air
LOCATION:Pier 7
STATUS:CANCELLED
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:no
TRIGGER:-PT15M
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:2@harbour
DTSTART;VALUE=DATE:20270605
SUMMARY:Day off
END:VEVENT
END:VCALENDAR`;
  expect(linesOf(calendarBlocks(calendar, 100))).toEqual([
    ['title', 'Harbour'],
    [
      'feed_item',
      'Concert, open air — 2027-06-04 18:00 – 2027-06-04 20:00 — repeats FREQ=WEEKLY;COUNT=3 — Pier 7 — CANCELLED',
      '1@harbour',
    ],
    ['feed_item', 'Day off — 2027-06-05', '2@harbour'],
  ]);
  expect(() => calendarBlocks('BEGIN:VCALENDAR\nnonsense', 100)).toThrow(
    expect.objectContaining({ outcome: 'unsupported' }),
  );
});

test('a sitemap is its addresses', () => {
  const sitemap = `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <url><loc>https://a.test/?a=1&amp;b=2</loc><lastmod>2026-11-22</lastmod></url>
    <url><loc><![CDATA[https://a.test/two]]></loc></url></urlset>`;
  expect(linesOf(sitemapBlocks(sitemap, 100))).toEqual([
    ['feed_item', 'https://a.test/?a=1&b=2', 'https://a.test/?a=1&b=2'],
    ['feed_item', 'https://a.test/two', 'https://a.test/two'],
  ]);
});

test('Markdown is the page it describes', () => {
  const markdown =
    '# Notes\n\nVersion **2** is out.\n\n- faster\n- smaller\n\n| Plan | Price |\n|--|--|\n| Solo | $9 |\n';
  expect(linesOf(markdownBlocks(markdown, 100))).toEqual([
    ['heading', 'Notes'],
    ['paragraph', 'Version 2 is out.'],
    ['list_item', 'faster'],
    ['list_item', 'smaller'],
    ['table_row', 'Plan | Price'],
    ['table_row', 'Solo | $9'],
  ]);
});
