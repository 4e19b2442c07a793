import { chooseFeeds } from './declared-feeds.ts';
import { readPage } from './read-page.ts';

const read = (body: string | Buffer, contentType = 'text/html; charset=utf-8') =>
  readPage(Buffer.from(body as string), contentType, 'https://www.example.com/blog/post');

describe('readPage', () => {
  it('gives the title as people read it', () => {
    expect(read('<title>\n  Pixel &amp; friends\n </title><title>Second</title>').title).toBe(
      'Pixel & friends',
    );
    expect(read('<svg><title>Icon</title></svg><title>Page</title>').title).toBe('Page');
    expect(read('<title> </title>').title).toBeNull();
    expect(read('<title>nul\0 and \u{1f600}</title>').title).toBe('nul and \u{1f600}');
    expect(read(`<title>${'x'.repeat(299)}\u{1f600}</title>`).title?.isWellFormed()).toBe(true);
    expect(read(`<title>${'x'.repeat(5000)}</title>`).title).toHaveLength(300);
  });

  it.each([
    ['header', Buffer.from('<title>Caf\u00e9</title>', 'latin1'), 'text/html; charset=ISO-8859-1'],
    ['meta', Buffer.from('<meta charset="windows-1252"><title>Caf\u00e9</title>', 'latin1'), 'text/html'],
    ['unknown label', Buffer.from('<title>Café</title>'), 'text/html; charset=klingon'],
  ])('decodes by %s', (_by, body, contentType) => {
    expect(readPage(body, contentType, 'https://example.com/').title).toBe('Café');
  });

  it('resolves declared feeds, against the base element if there is one', () => {
    const links = `<link rel="alternate" type="application/rss+xml" title="News" href="../feed.xml#x">
      <link rel='Alternate home' type='application/atom+xml; charset=utf-8' href='//feeds.example.org/a'>
      <link rel=alternate type=application/feed+json href=/feed.json>
      <link rel=alternate type=application/json href=/wp-json>
      <link rel=alternate hreflang=de href=/de>
      <link rel=stylesheet type=application/rss+xml href=/no>
      <link rel=alternate type=application/rss+xml href="javascript:alert(1)">
      <link rel=alternate type=application/rss+xml href="">`;
    expect(read(links).feeds).toEqual([
      { url: 'https://www.example.com/feed.xml', title: 'News' },
      { url: 'https://feeds.example.org/a', title: null },
      { url: 'https://www.example.com/feed.json', title: null },
    ]);
    expect(read(`<base href="https://cdn.example.com/x/">${links}`).feeds[0]?.url).toBe(
      'https://cdn.example.com/feed.xml',
    );
  });

  it.each([
    ['RSS', '<?xml version="1.0"?><rss version="2.0"><channel><title>News</title></channel></rss>'],
    ['Atom', '<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">News</title></feed>'],
    ['JSON Feed', '{"version":"https://jsonfeed.org/version/1.1","title":"News","items":[]}'],
  ])('knows %s whatever its content type', (_format, body) => {
    expect(read(body, 'text/plain')).toEqual({ kind: 'feed', title: 'News', feeds: [] });
  });

  it.each([
    ['other JSON', '{"price": 549}'],
    ['XHTML', '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><title>X</title></html>'],
    ['broken XML', '<?xml version="1.0"?><rss'],
    ['nothing', ''],
  ])('takes %s for a page', (_what, body) => expect(read(body).kind).toBe('page'));

  it('survives hostile nesting', () => {
    expect(read('<div>'.repeat(50_000) + '<title>Deep</title>').title).toBe('Deep');
  });
});

describe('chooseFeeds', () => {
  const feed = (url: string, title: string | null = null) => ({ url, title });
  const choose = (...feeds: ReturnType<typeof feed>[]) =>
    chooseFeeds(feeds, 'https://www.example.com/blog').map(({ url }) => url);

  it('leaves out comments, by title and by address', () => {
    expect(
      choose(
        feed('https://example.com/feed', 'Site » Feed'),
        feed('https://example.com/x', 'Site » Comments Feed'),
        feed('https://example.com/comments/feed'),
      ),
    ).toEqual(['https://example.com/feed']);
  });

  it('takes one format of the same feed', () => {
    expect(
      choose(
        feed('https://example.com/rss', 'Blog (RSS 2.0)'),
        feed('https://example.com/atom', 'Blog Atom feed'),
        feed('https://example.com/rss', 'Blog RSS'),
        feed('https://example.com/releases', 'Releases'),
      ),
    ).toEqual(['https://example.com/rss', 'https://example.com/releases']);
  });

  it('takes two, those of the own site first', () => {
    expect(
      choose(
        feed('https://feeds.other.net/a'),
        feed('https://feeds.example.com/b'),
        feed('https://www.example.com/c'),
      ),
    ).toEqual(['https://feeds.example.com/b', 'https://www.example.com/c']);
  });
});
