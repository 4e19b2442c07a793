import { gzipSync } from 'node:zlib';
import type { FetchOutcome } from '@torale/contracts';
import type { FakeSiteResponse } from '../fake-site.ts';
import { type ContentPage, furnished, html } from './content-page.ts';

const fails = (
  outcome: FetchOutcome,
  name: string,
  answer: ContentPage['answer'],
  status: number | null = null,
  more: Partial<ContentPage> = {},
): ContentPage => ({ name, answer, outcome, status, blocks: [], ...more });

const withStatus = (
  status: number,
  body = '<h1>Lamp</h1>',
  headers: Record<string, string> = {},
): FakeSiteResponse => ({
  ...html(body, headers),
  status,
});
const titled = (title: string, body = '<p>Ray ID 1</p>') =>
  html(`<title>${title}</title><body>${body}</body>`);
const article = `<p>${'Many sites answer robots with a page of this name, and here is why they do it. '.repeat(30)}</p>`;

/** What must never become content, and what only looks as if it must not. */
export const failurePages: ContentPage[] = [
  fails('not_found', 'a page that is not there', withStatus(404), 404),
  fails('not_found', 'a page that is gone', withStatus(410), 410),
  fails('not_found', 'an error page with a good status', titled('404 – Page not found'), 200),
  fails('client_error', 'a request that the site does not understand', withStatus(400), 400),
  fails('login_required', 'a page behind a login', withStatus(401), 401),
  fails(
    'login_required',
    'a redirect to a login',
    { status: 302, headers: { location: '/account/login?next=/' } },
    200,
  ),
  fails('server_error', 'a broken server', withStatus(500, '<h1>Internal Server Error</h1>'), 500),
  fails('server_error', 'a server without its backend, with a good status', titled('502 Bad Gateway'), 200),
  fails('server_error', 'maintenance', withStatus(503, '<h1>Back soon</h1>'), 503),
  fails('server_error', '"not modified" to a request that was not conditional', { status: 304 }, 304),
  fails('server_error', 'a redirect that leads nowhere', { status: 302 }, 302),
  fails('robots_denied', 'a page that robots may not read', html('<h1>Lamp</h1>'), null, {
    path: '/private/page',
  }),
  fails('blocked', 'a refusal', withStatus(403), 403),
  fails('blocked', 'too many requests', withStatus(429), 429),
  fails(
    'blocked',
    'a challenge of Cloudflare',
    withStatus(403, '<title>Just a moment...</title>', { 'cf-mitigated': 'challenge' }),
    403,
  ),
  fails('blocked', 'a challenge with a good status', titled('Just a moment...'), 200),
  fails('blocked', 'a challenge of AWS', { status: 202, headers: { 'x-amzn-waf-action': 'challenge' } }, 202),
  fails(
    'blocked',
    'a challenge of DataDome',
    titled('shop', '<script src="https://geo.captcha-delivery.com/c.js"></script><p>Wait</p>'),
    200,
  ),
  fails(
    'blocked',
    'a challenge of Imperva',
    html('<iframe src="/_Incapsula_Resource?x=1"></iframe>Request unsuccessful.'),
    200,
  ),
  {
    name: 'an article about a bot wall is an article',
    answer: titled('Access denied', article),
    outcome: 'ok',
    blockCount: 2,
  },
  fails('empty', 'no body', html(''), 200),
  fails('empty', 'nothing but spaces', html(' \n '), 200),
  fails('empty', 'no content', { status: 204 }, 204),
  fails(
    'empty',
    'the shell of an application',
    html('<title>App</title><div id="root"></div><script src="/app.js"></script>'),
    200,
  ),
  fails(
    'empty',
    'furniture around nothing',
    html(
      furnished('')
        .replace('<title>Harbour Shop</title>', '')
        .replace(/<header>|<\/header>/g, ''),
    ),
    200,
  ),
  fails('timeout', 'a server that never answers', () => undefined),
  fails('timeout', 'a body of one byte a second', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    const timer = setInterval(() => response.write('x'), 1000);
    response.on('close', () => clearInterval(timer));
  }),
  fails(
    'connection_error',
    'a connection that is cut before an answer',
    (_request, response) => void response.destroy(),
  ),
  fails('connection_error', 'a connection that is cut in the middle of a body', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-length': '1000' });
    response.write('<h1>Lamp</h1>', () => response.destroy());
  }),
  fails('dns_error', 'a name that does not resolve', {}, null, { url: () => 'http://shop.invalid/' }),
  fails('tls_error', 'a secure address that speaks plain text', {}, null, {
    url: (site) => site.replace('http:', 'https:'),
  }),
  fails('address_refused', 'a private address', {}, null, { url: () => 'http://10.0.0.1/' }),
  fails('address_refused', 'the metadata service of a cloud', {}, null, {
    url: () => 'http://169.254.169.254/latest/meta-data/',
  }),
  fails('address_refused', 'a redirect to a private address', {
    status: 302,
    headers: { location: 'http://192.168.0.1/' },
  }),
  fails('unsupported', 'a redirect to a file', { status: 302, headers: { location: 'file:///etc/passwd' } }),
  fails(
    'too_many_redirects',
    'a page that redirects to itself',
    { status: 302, headers: { location: '/loop' } },
    null,
    { path: '/loop' },
  ),
  fails('too_large', 'a bomb of gzip', {
    headers: { 'content-type': 'text/html', 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a'), { level: 9 }),
  }),
  fails('too_large', 'a body without end', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    const piece = Buffer.alloc(256 * 1024, '<p>more</p>');
    const send = () => {
      while (!response.destroyed && response.write(piece));
      if (!response.destroyed) response.once('drain', send);
    };
    send();
  }),
  fails('too_large', 'a page of too many blocks', html('<p>a</p>'.repeat(25_000)), 200),
  fails('unsupported', 'an encoding in an encoding', {
    headers: { 'content-type': 'text/html', 'content-encoding': 'gzip, gzip' },
    body: gzipSync(gzipSync('<h1>Lamp</h1>')),
  }),
  {
    name: 'ten thousand nested elements',
    answer: html(`${'<div>'.repeat(10_000)}deep${'</div>'.repeat(10_000)}`),
    outcome: 'ok',
    blocks: ['paragraph: deep'],
  },
  {
    name: 'tags that never end',
    answer: html(`<h1>Lamp</h1>${'<b>x '.repeat(20_000)}`),
    outcome: 'ok',
    blockCount: 3,
  },
  {
    name: 'fifty thousand attributes',
    answer: html(`<p ${Array.from({ length: 50_000 }, (_, i) => `a${i}=1`).join(' ')}>x</p>`),
    outcome: 'ok',
    blocks: ['paragraph: x'],
  },
  {
    name: 'a table of ten thousand rows',
    answer: html(
      `<table>${Array.from({ length: 10_000 }, (_, i) => `<tr><td>${i}</td><td>$${i}</td></tr>`).join('')}</table>`,
    ),
    outcome: 'ok',
    blockCount: 10_000,
  },
  {
    name: 'a page after three redirects',
    answer: { status: 301, headers: { location: '/moved-1' } },
    outcome: 'ok',
    blocks: ['heading: Here'],
  },
];

/** What else the site has: where redirects lead to, and what robots may read. */
export const targetPages: Record<string, FakeSiteResponse> = {
  '/account/login': html('<title>Shop</title><form><label>Password</label><input type="password"></form>'),
  '/robots.txt': { headers: { 'content-type': 'text/plain' }, body: 'User-agent: *\nDisallow: /private/\n' },
  '/moved-1': { status: 302, headers: { location: '/moved-2' } },
  '/moved-2': { status: 307, headers: { location: '/moved-3' } },
  '/moved-3': html('<h1>Here</h1>'),
};
