import { feedBlocks } from './feed-blocks.ts';

const summary = (text: string) => feedBlocks(text, 100).map(({ kind, text, key }) => [kind, text, key]);

test('RSS', () => {
  const rss = `<?xml version="1.0"?><rss version="2.0"><channel><title>Releases</title><link>https://a.test/</link>
    <lastBuildDate>Mon, 01 Jun 2026 10:00:00 GMT</lastBuildDate>
    <item><title>Version 2 &amp; more</title><guid isPermaLink="false">v2</guid>
      <description><![CDATA[<p>Faster <b>by half</b>.</p>]]></description><pubDate>Mon, 01 Jun 2026 10:00:00 GMT</pubDate></item>
    <item><title>Version 1</title><link>https://a.test/v1</link></item></channel></rss>`;
  expect(summary(rss)).toEqual([
    ['title', 'Releases', undefined],
    ['feed_item', 'Version 2 & more — Faster by half.', 'v2'],
    ['feed_item', 'Version 1', 'https://a.test/v1'],
  ]);
});

test('Atom', () => {
  const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>urn:f</id><updated>2026-06-01T00:00:00Z</updated>
    <entry><id>urn:1</id><title type="html">&lt;b&gt;Opening&lt;/b&gt;</title><updated>2026-06-01T00:00:00Z</updated>
      <summary>June 4</summary></entry></feed>`;
  expect(summary(atom)).toEqual([
    ['title', 'News', undefined],
    ['feed_item', 'Opening — June 4', 'urn:1'],
  ]);
});

test('RSS 1.0', () => {
  const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
    <channel rdf:about="https://a.test/"><title>Old</title></channel>
    <item rdf:about="https://a.test/1"><title>One</title><link>https://a.test/1</link></item></rdf:RDF>`;
  expect(summary(rdf)).toEqual([
    ['title', 'Old', undefined],
    ['feed_item', 'One', 'https://a.test/1'],
  ]);
});

test('JSON Feed', () => {
  const json = JSON.stringify({
    version: 'https://jsonfeed.org/version/1.1',
    title: 'Notes',
    items: [{ id: '7', content_html: '<p>Hello</p>' }],
  });
  expect(summary(json)).toEqual([
    ['title', 'Notes', undefined],
    ['feed_item', 'Hello', '7'],
  ]);
});

test('a feed that cannot be read is unsupported', () => {
  expect(() => feedBlocks('<rss><channel>', 100)).toThrow(
    expect.objectContaining({ outcome: 'unsupported' }),
  );
});
