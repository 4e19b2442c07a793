import { OUTBOUND_HTTP } from '@torale/outbound-http';
import { FakeSite, insertSource, type FakeSiteResponse } from '@torale/testing';
import { Politeness } from '../src/politeness/politeness.ts';
import { RobotsFilesRepository } from '../src/robots/robots-files.repository.ts';
import { Robots } from '../src/robots/robots.ts';
import { ContentProcessorFixture } from './content-processor-fixture.ts';

let fixture: ContentProcessorFixture;
/** A new host for each test: on one host the port of an earlier test may come again, and its rules with it. */
let site: FakeSite;
let hosts = 0;
beforeAll(async () => {
  fixture = await ContentProcessorFixture.start();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  site = await FakeSite.start(`127.0.1.${++hosts}`);
  for (const path of ['/open', '/closed', '/closed/but']) {
    site.set(path, { headers: { 'content-type': 'text/html' }, body: `<h1>${path}</h1><p>Text</p>` });
  }
});
afterEach(() => site.close());

const process = async (path: string, settings: { respect_robots?: boolean } = {}) => {
  const { id } = await insertSource(fixture.database.database, { url: site.url + path, ...settings });
  return fixture.api.process({ source_id: id });
};
const robots = (body: string | Buffer, rest: FakeSiteResponse = {}) =>
  site.set('/robots.txt', { body, ...rest });
const rows = () =>
  fixture.database.database.kysely
    .selectFrom('robots_files')
    .selectAll()
    .where('origin', '=', site.url)
    .execute();

test('what the site closes is not asked for, unless the owner of the source says so', async () => {
  robots('User-agent: *\nDisallow: /closed\nAllow: /closed/but\n');
  expect(await process('/open')).toMatchObject({ outcome: 'ok' });
  expect(await process('/closed')).toEqual({
    outcome: 'robots_denied',
    http_status: null,
    content_id: null,
    detail: expect.stringContaining('robots.txt'),
  });
  expect(site.count('/closed')).toBe(0);
  expect(await process('/closed/but')).toMatchObject({ outcome: 'ok' });
  expect(await process('/closed', { respect_robots: false })).toMatchObject({ outcome: 'ok' });
});

test('Torale is addressed by its name, whatever user agent it sends', async () => {
  robots('User-agent: torale\nDisallow: /closed\n\nUser-agent: *\nDisallow: /open\n');
  expect(await process('/open')).toMatchObject({ outcome: 'ok' });
  expect(await process('/closed')).toMatchObject({ outcome: 'robots_denied' });
});

test('the file is asked for once a day, however many sources and processes', async () => {
  robots('User-agent: *\nDisallow: /closed\n');
  await Promise.all(Array.from({ length: 5 }, () => process('/closed')));
  expect(site.count('/robots.txt')).toBe(1);
  const [row] = await rows();
  expect(Date.parse(row!.expires_at) - Date.now()).toBeGreaterThan(23 * 3600 * 1000);

  // Another process knows what this one has read.
  const { app, database } = fixture;
  const other = new Robots(
    app.get(OUTBOUND_HTTP),
    app.get(Politeness),
    new RobotsFilesRepository(database.database),
  );
  expect(await other.permission(new URL(`${site.url}/closed`), false)).toMatchObject({ allowed: false });
  expect(site.count('/robots.txt')).toBe(1);
});

test.each<[string, FakeSiteResponse]>([
  ['there is none', { status: 404 }],
  ['it is forbidden', { status: 403 }],
  ['it is empty', { body: '' }],
  ['it is a page', { headers: { 'content-type': 'text/html' }, body: '<!doctype html><p>Disallow: /' }],
  ['it is noise', { body: Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)) }],
  ['it redirects in circles', { status: 302, headers: { location: '/robots.txt' } }],
  ['it is not what it says it is', { headers: { 'content-encoding': 'gzip' }, body: 'not gzip' }],
])('everything may be read when %s', async (_what, answer) => {
  site.set('/robots.txt', answer);
  expect(await process('/closed')).toMatchObject({ outcome: 'ok' });
});

test.each<[string, Buffer]>([
  ['Latin-1', Buffer.from('# Caf\xe9\nUser-agent: *\nDisallow: /closed\n', 'latin1')],
  ['UTF-8 with a byte order mark', Buffer.from('\ufeffUser-agent: *\nDisallow: /closed\n')],
  ['UTF-16', Buffer.from('\ufeffUser-agent: *\nDisallow: /closed\n', 'utf16le')],
  ['old line ends', Buffer.from('User-agent: *\rDisallow: /closed\r')],
  ['zero bytes', Buffer.from('User-agent: *\0\nDisallow: /closed\0\n')],
  [
    'nonsense between its lines',
    Buffer.from('::\nUser-agent *\n=%\nUSER-AGENT : *\nFoo: bar\ndisallow:/closed\n'),
  ],
  [
    'more than is read',
    Buffer.from(`User-agent: *\nDisallow: /closed\n${'# x\n'.repeat(500_000)}Disallow: /open\n`),
  ],
])('rules in %s are understood', async (_what, body) => {
  robots(body);
  expect(await process('/closed')).toMatchObject({ outcome: 'robots_denied' });
  expect(await process('/open')).toMatchObject({ outcome: 'ok' });
});

test('a file that is made to take long does not', async () => {
  robots(`User-agent: *\nDisallow: /closed\n${`Disallow: /*${'a*'.repeat(25)}b\n`.repeat(8000)}`);
  const path = `/${'a'.repeat(1500)}`;
  site.set(path, { headers: { 'content-type': 'text/html' }, body: '<p>Text</p>' });
  const started = performance.now();
  expect(await process(path)).toMatchObject({ outcome: 'ok' });
  expect(performance.now() - started).toBeLessThan(3000);
  expect(await process('/closed')).toMatchObject({ outcome: 'robots_denied' });
});

test('a site that has trouble is held to what it said last, and else is not read', async () => {
  robots('', { status: 500 });
  expect(await process('/open')).toMatchObject({
    outcome: 'robots_denied',
    detail: expect.stringContaining('cannot say'),
  });
  const [unknown] = await rows();
  expect(unknown).toMatchObject({ rules: null });
  expect(Date.parse(unknown!.expires_at) - Date.now()).toBeLessThanOrEqual(600_000);
});

test('rules that have expired are used while the site has trouble', async () => {
  const rules = 'User-agent: *\nDisallow: /closed\n';
  await fixture.database.database.kysely
    .insertInto('robots_files')
    .values({ origin: site.url, rules, expires_at: new Date(0) })
    .execute();
  robots('', { status: 503 });
  expect(await process('/open')).toMatchObject({ outcome: 'ok' });
  expect(await process('/closed')).toMatchObject({ outcome: 'robots_denied' });
  expect(site.count('/robots.txt')).toBe(1);
});

test('a site that cannot be reached is said to be just that', async () => {
  site.set('/robots.txt', (_, response) => void response.destroy());
  expect(await process('/open')).toMatchObject({ outcome: 'connection_error' });
  expect(await rows()).toEqual([]);
});

test('a redirect is asked about too', async () => {
  const other = await FakeSite.start('127.0.0.2');
  other.set('/robots.txt', { body: 'User-agent: *\nDisallow: /\n' });
  site.set('/moved', { status: 301, headers: { location: `${other.url}/secret` } });
  expect(await process('/moved')).toMatchObject({ outcome: 'robots_denied' });
  expect(other.requests.map(({ path }) => path)).toEqual(['/robots.txt']);
  await other.close();
});

test('Crawl-delay is kept', async () => {
  robots('User-agent: *\nCrawl-delay: 1\n');
  const arrivals: number[] = [];
  site.set('/open', () => {
    arrivals.push(performance.now());
    return { headers: { 'content-type': 'text/html' }, body: '<p>Text</p>' };
  });
  await process('/open');
  await process('/open');
  expect(arrivals[1]! - arrivals[0]!).toBeGreaterThanOrEqual(1000);
});
