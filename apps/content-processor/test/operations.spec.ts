import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import {
  type AppError,
  type ContentProcessorApi,
  contentProcessorContract,
  type ProcessBatchResult,
} from '@torale/contracts';
import { createServiceClient } from '@torale/service-client';
import { FakeSite, insertSource } from '@torale/testing';
import { sql } from 'kysely';
import { ContentProcessorFixture, secret } from './content-processor-fixture.ts';

let fixture: ContentProcessorFixture;
/** Over HTTP, as other services call it. */
let client: ContentProcessorApi;
beforeAll(async () => {
  fixture = await ContentProcessorFixture.start({
    PROCESS_BATCH_CONCURRENCY: '5',
    POLITENESS_CONCURRENCY: '20',
  });
  const baseUrl = await fixture.app.getUrl();
  client = createServiceClient(contentProcessorContract, { baseUrl, secret, caller: 'gateway' });
});
afterAll(() => fixture.close());

const html = { 'content-type': 'text/html; charset=utf-8' };
const page = (...lines: string[]) =>
  `<html><head><title>Lamp</title></head><body><main><h1>Lumen 40</h1>${lines.map((line) => `<p>${line}</p>`).join('')}</main></body></html>`;
const nobody = '00000000-0000-4000-8000-000000000000';

/** Processes a path of the site as it is now; its content. */
async function contentAt(path: string, body: string, sourceId?: string) {
  fixture.site.set(path, { headers: html, body });
  const source_id = sourceId ?? (await fixture.source(path));
  const { content_id } = await client.process({ source_id });
  return { source_id, content_id: content_id! };
}

describe('POST /process-batch', () => {
  test('answers for every source as it is done, the slow one last, with no more under way than allowed', async () => {
    let [underWay, most] = [0, 0];
    const slow = Promise.withResolvers<void>();
    const sources: string[] = [];
    for (let i = 0; i < 12; i++) {
      fixture.site.set(`/batch/${i}`, async () => {
        most = Math.max(most, ++underWay);
        await (i === 0 ? slow.promise : delay(30));
        underWay--;
        return i === 3
          ? { status: 500, headers: html, body: 'no' }
          : { headers: html, body: page(`Nr. ${i}`) };
      });
      sources.push(await fixture.source(`/batch/${i}`));
    }
    const arrivals: ProcessBatchResult[] = [];
    for await (const result of client.processBatch({ source_ids: [...sources, nobody, sources[1]!] })) {
      // The slow page is not there before all others have arrived.
      if (arrivals.push(result) === sources.length) slow.resolve();
    }
    expect(arrivals.map(({ source_id }) => source_id).sort()).toEqual([...sources, nobody].sort());
    expect(arrivals.at(-1)!.source_id).toBe(sources[0]);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(5);
    const of = (id: string) => arrivals.find(({ source_id }) => source_id === id)!;
    expect(of(sources[1]!)).toMatchObject({ result: { outcome: 'ok' }, problem: null });
    expect(of(sources[3]!)).toMatchObject({ result: { outcome: 'server_error', content_id: null } });
    expect(of(nobody)).toMatchObject({ result: null, problem: { code: 'not_found', status: 404 } });
  });

  test('begins nothing new once the caller has left', async () => {
    const sources: string[] = [];
    for (let i = 0; i < 40; i++) {
      fixture.site.set(`/left/${i}`, async () => {
        await delay(40);
        return { headers: html, body: page(`${i}`) };
      });
      sources.push(await fixture.source(`/left/${i}`));
    }
    for await (const _ of client.processBatch({ source_ids: sources })) break;
    await delay(1_500);
    const fetched = sources.filter((_, i) => fixture.site.count(`/left/${i}`) > 0).length;
    expect(fetched).toBeLessThan(40);
  });

  test('takes up to 100 sources, and at least one', async () => {
    for (const source_ids of [[], Array.from({ length: 101 }, () => nobody)]) {
      const results = client.processBatch({ source_ids })[Symbol.asyncIterator]();
      await expect(Promise.resolve(results.next())).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });
});

describe('POST /scrape', () => {
  const everything = async () => {
    const { rows } = await sql`select (select count(*) from scraped_contents) as contents,
      (select count(*) from content_embeddings) as vectors, (select count(*) from unreferenced_snapshots) as snapshots,
      (select count(*) from monitored_sources) as sources`.execute(fixture.database.database.kysely);
    return rows;
  };

  test('gives blocks and what is known of the page, and stores nothing', async () => {
    fixture.site.set('/old', { status: 301, headers: { location: '/scraped' } });
    fixture.site.set('/scraped', { headers: html, body: page('$90') });
    const before = await everything();
    expect(await client.scrape({ url: `${fixture.site.url}/old` })).toEqual({
      outcome: 'ok',
      http_status: 200,
      detail: null,
      url: `${fixture.site.url}/scraped`,
      content_type: html['content-type'],
      title: 'Lamp',
      content_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      fetched_at: expect.stringMatching(/Z$/),
      blocks: [
        expect.objectContaining({ kind: 'title', text: 'Lamp' }),
        expect.objectContaining({ kind: 'heading', text: 'Lumen 40' }),
        expect.objectContaining({ kind: 'paragraph', text: '$90', path: ['Lumen 40'] }),
      ],
    });
    expect(await everything()).toEqual(before);
  });

  test.each([
    ['a page that is not there', '/nowhere', 'not_found', 404],
    ['an address that is refused', 'http://169.254.169.254/latest/meta-data', 'address_refused', null],
  ])('of %s says so', async (_name, where, outcome, http_status) => {
    const url = new URL(where, fixture.site.url).href;
    expect(await client.scrape({ url })).toMatchObject({
      outcome,
      http_status,
      url,
      blocks: [],
      detail: expect.stringMatching(/\w+ \w+/),
    });
  });
});

describe('POST /scrape is as polite as a check', () => {
  test('to what robots.txt closes', async () => {
    const site = await FakeSite.start();
    site.set('/robots.txt', {
      headers: { 'content-type': 'text/plain' },
      body: 'User-agent: *\nDisallow: /closed',
    });
    site.set('/closed', { headers: html, body: page('$90') });
    expect(await client.scrape({ url: `${site.url}/closed` })).toMatchObject({
      outcome: 'robots_denied',
      blocks: [],
    });
    expect(site.count('/closed')).toBe(0);
    await site.close();
  });

  test('to a host that asked for a pause', async () => {
    const site = await FakeSite.start();
    site.set('/', { status: 429, headers: { ...html, 'retry-after': '120' }, body: 'Slow down' });
    expect(await client.scrape({ url: `${site.url}/` })).toMatchObject({
      outcome: 'blocked',
      http_status: 429,
    });
    const again = await client.scrape({ url: `${site.url}/` }).catch((error: unknown) => error);
    expect(again).toMatchObject({ code: 'rate_limited' });
    expect((again as AppError).retry_after_seconds).toBeGreaterThan(60);
    expect(site.count('/')).toBe(1);
    await site.close();
  });
});

test('POST /embed gives a unit vector for each text', async () => {
  const { model, dimensions, vectors } = await client.embed({ texts: ['The price fell', '', 'Ein Satz'] });
  expect({ model, dimensions }).toEqual({
    model: fixture.embedder.model,
    dimensions: fixture.embedder.dimensions,
  });
  expect(vectors.map((vector) => [vector.length, Math.hypot(...vector)])).toEqual(
    [1, 2, 3].map(() => [dimensions, expect.closeTo(1, 5)]),
  );
  await expect(client.embed({ texts: [] })).rejects.toMatchObject({ code: 'invalid_request' });
});

describe('what is stored', () => {
  test('GET /contents/:id gives a content with its blocks', async () => {
    const { source_id, content_id } = await contentAt('/content', page('$90', 'In stock'));
    expect(await client.getContent({ id: content_id })).toEqual({
      id: content_id,
      source_id,
      title: 'Lamp',
      content_hash: expect.any(String),
      block_count: 4,
      snapshot_bytes: expect.any(Number),
      fetched_at: expect.any(String),
      created_at: expect.any(String),
      blocks: [{ kind: 'title' }, { kind: 'heading' }, { text: '$90' }, { text: 'In stock' }].map((block) =>
        expect.objectContaining(block),
      ),
    });
    await expect(client.getContent({ id: nobody })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('GET /contents/:a/diff/:b lines two contents of a source up', async () => {
    const first = await contentAt('/diff', page('Price: $90', 'Two years of warranty', 'Made of oak'));
    const second = await contentAt(
      '/diff',
      page('Made of oak', 'Price: $80', 'Two years of warranty'),
      first.source_id,
    );
    const { blocks, unified } = await client.diffContents({ a: first.content_id, b: second.content_id });
    expect(blocks.map(({ kind, before, after }) => [kind, before?.text, after?.text])).toEqual([
      ['moved', 'Made of oak', 'Made of oak'],
      ['edited', 'Price: $90', 'Price: $80'],
    ]);
    expect(unified).toMatch(/^--- .*\n\+\+\+ .*\n@@ /);
    expect(unified).toContain('\n-Price: $90\n');
    expect(unified).toContain('\n+Price: $80\n');

    const elsewhere = await contentAt('/elsewhere', page('$1'));
    const mixed = client.diffContents({ a: first.content_id, b: elsewhere.content_id });
    await expect(mixed).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('a snapshot is what was fetched, byte by byte, kept once per content and compressed', async () => {
    const body = page('$90', 'x'.repeat(20_000)) + '<script>alert(1)</script><!-- é -->';
    const { source_id, content_id } = await contentAt('/snapshot', body);
    const { content_type, body_base64 } = await client.getSnapshot({ id: content_id });
    expect(content_type).toBe(html['content-type']);
    expect(Buffer.from(body_base64, 'base64').toString()).toBe(body);

    const folder = join(fixture.dataDirectory, 'snapshots', source_id);
    const files = await readdir(folder);
    expect(files).toHaveLength(1);
    const kept = await readFile(join(folder, files[0]!));
    expect(zstdDecompressSync(kept).toString()).toBe(body);
    expect(kept.length).toBeLessThan(1_000);
    expect((await client.getContent({ id: content_id })).snapshot_bytes).toBe(kept.length);

    // Other markup, the same content: it keeps its snapshot.
    await contentAt('/snapshot', body + '<!-- another -->', source_id);
    expect(await readdir(folder)).toEqual(files);
    expect((await fixture.contents(source_id)).map(({ id }) => id)).toEqual([content_id]);
  });

  test('a content without its snapshot has none to give', async () => {
    const { content_id } = await contentAt('/gone', page('$90'));
    await fixture.database.database.kysely
      .updateTable('scraped_contents')
      .set({ snapshot_key: null, snapshot_bytes: null })
      .where('id', '=', content_id)
      .execute();
    await expect(client.getSnapshot({ id: content_id })).rejects.toMatchObject({ code: 'not_found' });
    await expect(client.getSnapshot({ id: nobody })).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('nothing of it is for callers without a service token', async () => {
  const source = await insertSource(fixture.database.database, { url: `${fixture.site.url}/content` });
  const content = await contentAt('/token', page('$90'));
  for (const [method, url, payload] of [
    ['POST', '/process-batch', { source_ids: [source.id] }],
    ['POST', '/scrape', { url: `${fixture.site.url}/content` }],
    ['POST', '/embed', { texts: ['a'] }],
    ['GET', `/contents/${content.content_id}`, undefined],
    ['GET', `/contents/${content.content_id}/snapshot`, undefined],
    ['GET', `/contents/${content.content_id}/diff/${content.content_id}`, undefined],
    ['POST', '/reembed', { source_id: source.id }],
    ['POST', '/housekeeping', undefined],
  ] as const) {
    const answer = await fixture.app.inject({ method, url, ...(payload && { payload }) });
    expect([url, answer.statusCode]).toEqual([url, 401]);
  }
});
