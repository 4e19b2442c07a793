import { gzipSync } from 'node:zlib';
import { ContentProcessorFixture, withETag } from './content-processor-fixture.ts';

let fixture: ContentProcessorFixture;
beforeAll(async () => {
  fixture = await ContentProcessorFixture.start({
    CONTENT_MAX_BLOCKS: '500',
    CONTENT_MAX_EMBEDDED_BLOCKS: '20',
    POLITENESS_CONCURRENCY: '2',
  });
});
afterAll(() => fixture.close());

const html = { 'content-type': 'text/html; charset=utf-8' };
const page = (price: number, extra = '') =>
  `<html><head><title>Lamp</title></head><body><main><h1>Lumen 40</h1><p>$${price}</p>${extra}</main></body></html>`;
const process = (source_id: string) => fixture.api.process({ source_id });

test('the first fetch stores blocks, vectors and what makes the next one conditional', async () => {
  const { site } = fixture;
  site.set('/first', {
    headers: { ...html, etag: '"1"', 'last-modified': 'Sun, 01 Nov 2026 00:00:00 GMT' },
    body: page(90),
  });
  const source = await fixture.source('/first');
  const result = await process(source);

  expect(result).toEqual({ outcome: 'ok', http_status: 200, content_id: expect.any(String), detail: null });
  const row = await fixture.sourceRow(source);
  expect(row).toMatchObject({
    latest_content_id: result.content_id,
    etag: '"1"',
    last_modified: 'Sun, 01 Nov 2026 00:00:00 GMT',
    raw_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    judged_content_id: null,
    last_checked_at: null,
    last_outcome: null,
    consecutive_failures: 0,
  });
  const [content] = await fixture.contents(source);
  expect(content).toMatchObject({ id: result.content_id, title: 'Lamp', user_id: row.user_id });
  expect(content!.blocks.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
    'title: Lamp',
    'heading: Lumen 40',
    'paragraph: $90',
  ]);
  const embeddings = await fixture.embeddings(source);
  expect(new Set(embeddings.map(({ block_hash }) => block_hash))).toEqual(
    new Set(content!.blocks.map(({ hash }) => hash)),
  );
  expect(embeddings[0]).toMatchObject({
    model: fixture.embedder.model,
    dimensions: fixture.embedder.dimensions,
  });
  const headers = site.requests.at(-1)!.headers;
  expect(headers['if-none-match']).toBeUndefined();
  expect(headers['user-agent']).toContain('Torale');
});

test('unchanged by its ETag: nothing is read again', async () => {
  fixture.site.set('/etag', withETag('"v1"', page(90)));
  const source = await fixture.source('/etag');
  const first = await process(source);
  expect(await process(source)).toEqual({
    outcome: 'not_modified',
    http_status: 304,
    content_id: first.content_id,
    detail: null,
  });
  expect(fixture.site.requests.at(-1)!.headers['if-none-match']).toBe('"v1"');
});

test('unchanged by its body: not modified, under new validators', async () => {
  fixture.site.set('/body', { headers: { ...html, etag: '"a"' }, body: page(90) });
  const source = await fixture.source('/body');
  const first = await process(source);
  fixture.site.set('/body', { headers: { ...html, etag: '"b"' }, body: page(90) });
  expect(await process(source)).toMatchObject({
    outcome: 'not_modified',
    http_status: 200,
    content_id: first.content_id,
  });
  expect((await fixture.sourceRow(source)).etag).toBe('"b"');
});

test('other markup with the same text is the same content', async () => {
  fixture.site.set('/markup', { headers: html, body: page(90, '<input type="hidden" value="token-1">') });
  const source = await fixture.source('/markup');
  const first = await process(source);
  fixture.site.set('/markup', { headers: html, body: page(90, '<input type="hidden" value="token-2">') });
  expect(await process(source)).toMatchObject({ outcome: 'ok', content_id: first.content_id });
  expect(await fixture.contents(source)).toHaveLength(1);
  expect(await fixture.changes(source)).toEqual([first.content_id]);
});

test('a change is a new content, with vectors for what is new only; a change back is the old one', async () => {
  fixture.site.set('/change', { headers: html, body: page(90) });
  const source = await fixture.source('/change');
  const a = await process(source);
  fixture.site.set('/change', { headers: html, body: page(80) });
  const b = await process(source);
  expect(b).toMatchObject({ outcome: 'ok' });
  expect(b.content_id).not.toBe(a.content_id);
  const embeddings = await fixture.embeddings(source);
  expect(embeddings.filter(({ content_id }) => content_id === b.content_id)).toHaveLength(1);
  expect(embeddings).toHaveLength(4);

  fixture.site.set('/change', { headers: html, body: page(90) });
  expect((await process(source)).content_id).toBe(a.content_id);
  expect((await fixture.sourceRow(source)).latest_content_id).toBe(a.content_id);
  expect(await fixture.contents(source)).toHaveLength(2);
  expect(await fixture.changes(source)).toEqual([a.content_id, b.content_id, a.content_id]);
});

test('errors, refusals and empty pages leave the content that stands untouched', async () => {
  fixture.site.set('/bad', { headers: { ...html, etag: '"good"' }, body: page(90) });
  const source = await fixture.source('/bad');
  const first = await process(source);
  const before = await fixture.sourceRow(source);

  const answers: [string, Parameters<typeof fixture.site.set>[1]][] = [
    [
      'server_error',
      { status: 500, headers: { ...html, etag: '"bad"' }, body: '<h1>Internal Server Error</h1>' },
    ],
    ['blocked', { status: 403, headers: html, body: '<h1>Forbidden</h1>' }],
    ['blocked', { status: 429, headers: html, body: 'Slow down' }],
    ['blocked', { headers: html, body: '<title>Just a moment...</title><p>Checking</p>' }],
    ['login_required', { status: 401, headers: html, body: '<h1>Log in</h1>' }],
    ['not_found', { status: 404, headers: html, body: '<h1>Not found</h1>' }],
    ['client_error', { status: 400, headers: html, body: 'What?' }],
    ['empty', { headers: html, body: '' }],
    ['empty', { headers: html, body: '<div id="root"></div><script src="app.js"></script>' }],
    ['unsupported', { headers: { 'content-type': 'application/pdf' }, body: '%PDF-1.7' }],
    ['too_large', { headers: html, body: '<p>a</p>'.repeat(501) }],
    ['too_many_redirects', { status: 302, headers: { location: '/bad' } }],
    ['address_refused', { status: 302, headers: { location: 'http://10.0.0.1/' } }],
    ['connection_error', (_request, response) => void response.destroy()],
  ];
  for (const [outcome, answer] of answers) {
    fixture.site.set('/bad', answer);
    const result = await process(source);
    expect(result).toMatchObject({ outcome, content_id: null, detail: expect.stringMatching(/\w+ \w+/) });
  }
  expect(await fixture.sourceRow(source)).toEqual(before);

  fixture.site.set('/bad', { headers: html, body: page(90) });
  expect(await process(source)).toMatchObject({ outcome: 'not_modified', content_id: first.content_id });
  expect(await fixture.contents(source)).toHaveLength(1);
});

test('"not modified" without a content to stand for is no content', async () => {
  fixture.site.set('/304', { status: 304 });
  const source = await fixture.source('/304');
  expect(await process(source)).toMatchObject({
    outcome: 'server_error',
    http_status: 304,
    content_id: null,
  });

  fixture.site.set('/304', withETag('"x"', page(90)));
  const first = await process(source);
  await fixture.database.database.kysely
    .deleteFrom('scraped_contents')
    .where('id', '=', first.content_id)
    .execute();
  const again = await process(source);
  expect(again).toMatchObject({ outcome: 'ok', http_status: 200 });
  expect(again.content_id).not.toBe(first.content_id);
});

test('charsets and compression are undone', async () => {
  fixture.site.set('/charset', {
    headers: { 'content-type': 'text/html; charset=windows-1252', 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.from([...Buffer.from('<h1>Caf'), 0xe9, 0x20, 0x80, ...Buffer.from('5</h1>')])),
  });
  const source = await fixture.source('/charset');
  await process(source);
  expect((await fixture.contents(source))[0]!.blocks[0]!.text).toBe('Café €5');
});

test('text that Postgres cannot store is stored without it', async () => {
  fixture.site.set('/nul', { headers: html, body: `${' '.repeat(600)}<h1>a\u0000b</h1><p>&#xD83D; c</p>` });
  const source = await fixture.source('/nul');
  expect(await process(source)).toMatchObject({ outcome: 'ok' });
  expect((await fixture.contents(source))[0]!.blocks[0]!.text).toBe('ab');
});

test('a feed is read as its items, whatever it is served as', async () => {
  const feed = (items: string) =>
    `<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>${items}</channel></rss>`;
  const item = (id: number) => `<item><guid>${id}</guid><title>Item ${id}</title></item>`;
  fixture.site.set('/feed', { headers: html, body: feed(item(1)) });
  const source = await fixture.source('/feed');
  await process(source);
  fixture.site.set('/feed', { headers: html, body: feed(item(2) + item(1)) });
  await process(source);
  const contents = await fixture.contents(source);
  expect(contents.map(({ blocks }) => blocks.map(({ key }) => key))).toEqual([
    [undefined, '1'],
    [undefined, '2', '1'],
  ]);
});

test('of a large page the first blocks get a vector, the others when they are new again', async () => {
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `<li>Seat ${from + i} costs $${from + i}</li>`).join('');
  fixture.site.set('/large', { headers: html, body: `<ul>${lines(0, 50)}</ul>` });
  const source = await fixture.source('/large');
  await process(source);
  expect(await fixture.embeddings(source)).toHaveLength(20);
  fixture.site.set('/large', { headers: html, body: `<ul>${lines(0, 51)}</ul>` });
  await process(source);
  expect(await fixture.embeddings(source)).toHaveLength(40);
});

test('two calls at once store one content', async () => {
  fixture.site.set('/twice', { headers: html, body: page(90) });
  const source = await fixture.source('/twice');
  const results = await Promise.all(Array.from({ length: 5 }, () => process(source)));
  expect(new Set(results.map(({ content_id }) => content_id)).size).toBe(1);
  expect(await fixture.contents(source)).toHaveLength(1);
  expect(await fixture.embeddings(source)).toHaveLength(3);
});

test('of two calls at once the one that began later wins, whichever ends last', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const source = await fixture.source('/race');
  fixture.site.set('/race', async () => {
    await held;
    return { headers: html, body: page(90) };
  });
  const slow = process(source);
  while (fixture.site.count('/race') === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  fixture.site.set('/race', { headers: html, body: page(80) });
  const quick = await process(source);
  release();
  expect((await slow).content_id).toBe(quick.content_id);
  expect((await fixture.sourceRow(source)).latest_content_id).toBe(quick.content_id);
});

test('an embedder that fails costs vectors, not the content', async () => {
  const embed = jest.spyOn(fixture.embedder, 'embed').mockRejectedValueOnce(new Error('no vectors today'));
  fixture.site.set('/vectorless', { headers: html, body: page(90) });
  const source = await fixture.source('/vectorless');
  expect(await process(source)).toMatchObject({ outcome: 'ok' });
  expect(embed).toHaveBeenCalledTimes(1);
  expect(await fixture.embeddings(source)).toHaveLength(0);
  embed.mockRestore();
});

test('a source that does not exist is not found', async () => {
  await expect(process('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({ code: 'not_found' });
});
