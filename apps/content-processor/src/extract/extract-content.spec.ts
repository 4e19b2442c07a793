import { extractContent } from './extract-content.ts';

const requested = 'https://shop.test/product';
interface Page {
  status?: number;
  headers?: Record<string, string>;
  body: string | Buffer;
  url?: string;
}
const extract = ({ status = 200, headers = {}, body, url = requested }: Page) =>
  extractContent(
    { status, url, headers: { 'content-type': 'text/html', ...headers }, body: Buffer.from(body) },
    { requested_url: requested, max_blocks: 1000, include: [], exclude: [], facets: [] },
  );
const outcomeOf = (page: Page): Promise<string> =>
  extract(page).then(
    () => 'ok',
    (error: { outcome: string }) => error.outcome,
  );
const named = (title: string, body = '<p>Ray ID 1</p>') => `<title>${title}</title><body>${body}</body>`;
const good = '<h1>Lamp</h1><p>$90</p>';

test('content has a title, blocks and a hash that depends on nothing else', async () => {
  const first = await extract({ body: `<title>Lamp</title><script>1</script>${good}` });
  const second = await extract({
    body: `<title>Lamp</title><script>2</script><div>${good}</div>`,
    headers: { date: 'later' },
  });
  expect(first.title).toBe('Lamp');
  expect(second.content_hash).toBe(first.content_hash);
  const changed = await extract({ body: `<title>Lamp</title>${good.replace('90', '91')}` });
  expect(changed.content_hash).not.toBe(first.content_hash);
  expect((await extract({ body: good })).title).toBe('Lamp');
});

test.each<[string, Page]>([
  ['login_required', { status: 401, body: good }],
  ['blocked', { status: 403, body: good }],
  ['blocked', { status: 429, body: good }],
  ['not_found', { status: 404, body: good }],
  ['not_found', { status: 410, body: good }],
  ['client_error', { status: 400, body: good }],
  ['client_error', { status: 451, body: good }],
  ['server_error', { status: 500, body: good }],
  ['server_error', { status: 503, body: good }],
  ['server_error', { status: 304, body: '' }],
  ['server_error', { status: 302, body: '' }],
  ['empty', { status: 204, body: '' }],
  ['empty', { body: '' }],
  ['empty', { body: '  \n ' }],
  ['empty', { body: '<title>App</title><body><div id="root"></div><noscript>Enable JavaScript</noscript>' }],
  ['unsupported', { body: '%PDF-1.7', headers: { 'content-type': 'application/pdf' } }],
  [
    'unsupported',
    { body: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]), headers: { 'content-type': 'image/jpeg' } },
  ],
  ['too_large', { body: '<p>a</p>'.repeat(1001) }],
  ['ok', { status: 203, body: good }],
])('%s: %o', async (outcome, page) => {
  expect(await outcomeOf(page)).toBe(outcome);
});

describe('pages that stand in for the page', () => {
  test.each<[string, Page]>([
    ['blocked', { body: named('Just a moment...') }],
    [
      'blocked',
      { status: 503, body: '<script>window._cf_chl_opt={}</script>', headers: { server: 'cloudflare' } },
    ],
    ['blocked', { body: good, headers: { 'cf-mitigated': 'challenge' } }],
    ['blocked', { status: 202, body: '', headers: { 'x-amzn-waf-action': 'challenge' } }],
    [
      'blocked',
      {
        body: named(
          'Access Denied',
          "<h1>Access Denied</h1>You don't have permission to access this server.",
        ),
      },
    ],
    [
      'blocked',
      {
        body: named(
          'shop.test',
          '<script src="https://geo.captcha-delivery.com/c.js"></script><p>Please wait</p>',
        ),
      },
    ],
    ['blocked', { body: '<iframe src="/_Incapsula_Resource?x=1"></iframe>Request unsuccessful.' }],
    ['not_found', { body: named('404 – Page not found') }],
    ['not_found', { body: '<h1>Page not found</h1><p>Sorry.</p>' }],
    ['server_error', { body: named('502 Bad Gateway') }],
    ['server_error', { body: named('Site maintenance') }],
    [
      'login_required',
      {
        url: 'https://shop.test/account/login?next=/product',
        body: named('Shop', '<form><label>Password</label><input type="password">'),
      },
    ],
  ])('%s: %o', async (outcome, page) => {
    expect(await outcomeOf(page)).toBe(outcome);
  });

  test('are short: an article about them is an article', async () => {
    const article =
      '<p>Many sites answer robots with a page of this name, and here is why they do it.</p>'.repeat(30);
    for (const title of ['Access denied', 'Just a moment', '404', 'Page not found']) {
      expect(await outcomeOf({ body: named(title, article) })).toBe('ok');
    }
    expect(
      await outcomeOf({
        body: `<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>${good}`,
      }),
    ).toBe('ok');
    expect(await outcomeOf({ body: `${good}<input type="password">` })).toBe('ok');
  });
});

test('a feed without an item is content: its first item is waited for', async () => {
  const feed = '<rss version="2.0"><channel><title>Releases</title></channel></rss>';
  expect((await extract({ body: feed })).blocks).toHaveLength(1);
});
