import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { type SourceRequest, sourceRequestSchema } from '@torale/contracts';
import { createSealer } from '@torale/secrets';
import { FakeSite } from '@torale/testing';
import { ContentProcessorFixture, sealer, withETag } from './content-processor-fixture.ts';

let fixture: ContentProcessorFixture;
beforeAll(async () => {
  fixture = await ContentProcessorFixture.start();
});
afterAll(() => fixture.close());

const html = { 'content-type': 'text/html' };
const page = '<main><h1>Lumen 40</h1><p>$90</p></main><aside><p>Also from $1</p></aside>';
const process = (source_id: string) => fixture.api.process({ source_id });
const set = (id: string, values: { request_sealed?: string; request?: string; extraction?: string }) =>
  fixture.database.database.kysely
    .updateTable('monitored_sources')
    .set(values)
    .where('id', '=', id)
    .execute();

async function sourceWith(path: string, request: Partial<SourceRequest>, by = sealer) {
  const id = await fixture.source(path);
  const { user_id } = await fixture.sourceRow(id);
  const request_sealed = await by.seal(user_id, sourceRequestSchema.parse(request));
  await set(id, { request: '{}', request_sealed });
  return id;
}

test('a source is asked for the way its owner says', async () => {
  fixture.site.set('/post', { headers: html, body: page });
  const id = await sourceWith('/post', {
    method: 'POST',
    headers: { Authorization: 'Bearer abc', 'Accept-Language': 'de', 'Content-Type': 'application/json' },
    body: '{"page": 1}',
    cookies: { session: 's1', tab: '2' },
    user_agent: 'Mozilla/5.0 (X11)',
  });
  expect(await process(id)).toMatchObject({ outcome: 'ok' });
  expect(fixture.site.requests.at(-1)).toMatchObject({
    method: 'POST',
    headers: {
      authorization: 'Bearer abc',
      'accept-language': 'de',
      'content-type': 'application/json',
      cookie: 'session=s1; tab=2',
      'user-agent': 'Mozilla/5.0 (X11)',
    },
    body: Buffer.from('{"page": 1}'),
  });
});

test('a POST is never conditional; the same answer is still seen to be the same', async () => {
  fixture.site.set('/post-again', withETag('"1"', page));
  const id = await sourceWith('/post-again', { method: 'POST', body: 'q=1' });
  const { content_id } = await process(id);
  expect(await process(id)).toMatchObject({ outcome: 'not_modified', content_id });
  expect(fixture.site.requests.at(-1)!.headers['if-none-match']).toBeUndefined();
});

test('what is meant for a site is not carried to another by a redirect', async () => {
  const other = await FakeSite.start();
  try {
    other.set('/', { headers: html, body: page });
    fixture.site.set('/away', { status: 302, headers: { location: `${other.url}/` } });
    const id = await sourceWith('/away', {
      headers: { Authorization: 'Bearer abc', 'X-Tenant-Key': 'abc' },
      cookies: { session: 'abc' },
    });
    expect(await process(id)).toMatchObject({ outcome: 'ok' });
    expect(JSON.stringify(other.requests.at(-1)!.headers)).not.toContain('abc');
  } finally {
    await other.close();
  }
});

describe('through a proxy', () => {
  let proxy: Server;
  const passed: { target: string; authorization: string | undefined }[] = [];
  beforeAll(async () => {
    proxy = createServer();
    proxy.on('connect', (request, client) => {
      passed.push({ target: request.url!, authorization: request.headers['proxy-authorization'] });
      const [host, port] = request.url!.split(':');
      const upstream = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      for (const socket of [client, upstream]) socket.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => proxy.close());

  test('of its own, with its password', async () => {
    fixture.site.set('/proxied', { headers: html, body: page });
    const { port } = proxy.address() as AddressInfo;
    const id = await sourceWith('/proxied', { proxy: `http://ada:pass@127.0.0.1:${port}` });
    expect(await process(id)).toMatchObject({ outcome: 'ok' });
    expect(passed).toEqual([
      {
        target: new URL(fixture.site.url).host,
        authorization: `Basic ${Buffer.from('ada:pass').toString('base64')}`,
      },
    ]);
  });

  test('that is not there fails without naming its password', async () => {
    const id = await sourceWith('/proxied', { proxy: 'http://ada:hunter2@127.0.0.1:2' });
    const answer = await process(id);
    expect(answer).toMatchObject({ outcome: 'connection_error', content_id: null });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });
});

test.each([
  ['under another key', () => createSealer(new Uint8Array(32).fill(8)).seal('owner', {})],
  ['for another owner', () => sealer.seal('another', sourceRequestSchema.parse({}))],
  ['by nobody', () => 'not sealed'],
])('what was sealed %s is not used, and the page is not asked for without it', async (_, seal) => {
  fixture.site.set('/sealed', { headers: html, body: page });
  const id = await fixture.source('/sealed');
  await set(id, { request: '{}', request_sealed: await seal() });
  const before = fixture.site.count('/sealed');
  expect(await process(id)).toMatchObject({
    outcome: 'unsupported',
    content_id: null,
    detail: expect.stringContaining('set its request again'),
  });
  expect(fixture.site.count('/sealed')).toBe(before);
});

describe('when its owner changes how a source is read', () => {
  const only = (include: string) => ({ extraction: JSON.stringify({ include: [include] }) });

  test('the same bytes are another content', async () => {
    fixture.site.set('/reread', withETag('"1"', page));
    const id = await fixture.source('/reread');
    const { content_id: before } = await process(id);
    await set(id, only('main'));
    const { outcome, content_id: after } = await process(id);
    expect(outcome).toBe('ok');
    expect(after).not.toBe(before);
    expect(await process(id)).toMatchObject({ outcome: 'not_modified', content_id: after });
    expect(await fixture.contents(id)).toMatchObject([
      { id: before, settings_version: 0 },
      { id: after, settings_version: 1 },
    ]);
  });

  test('and it makes no difference, the content stays what it is', async () => {
    fixture.site.set('/same', { headers: html, body: '<main><h1>Lumen 40</h1><p>$90</p></main>' });
    const id = await fixture.source('/same');
    const { content_id } = await process(id);
    await set(id, only('main'));
    expect(await process(id)).toMatchObject({ outcome: 'ok', content_id });
    expect(await fixture.contents(id)).toMatchObject([{ id: content_id, settings_version: 1 }]);
  });

  test('while it is fetched, the next fetch reads it in the new way all the same', async () => {
    const id = await fixture.source('/meanwhile');
    fixture.site.set('/meanwhile', async (request, response) => {
      await set(id, only('main'));
      return withETag('"1"', page)(request, response);
    });
    const { content_id: old } = await process(id);
    expect(await fixture.sourceRow(id)).toMatchObject({ etag: null, raw_hash: null, settings_version: 1 });
    const { outcome, content_id } = await process(id);
    expect(outcome).toBe('ok');
    expect(await fixture.contents(id)).toMatchObject([
      { id: old, settings_version: 0 },
      { id: content_id, settings_version: 1 },
    ]);
  });
});
