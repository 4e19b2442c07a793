import { AppError, type Block, type ScrapeResponse } from '@torale/contracts';
import { insertContent, insertSource } from '@torale/testing';
import { sql } from 'kysely';
import { type Api, type GatewayHarness, publicUrl, startGateway } from './gateway-harness.ts';

let gateway: GatewayHarness;
let api: Api;
let userId: string;

beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  const created = await gateway.newUser();
  api = created.api;
  userId = created.user.id;
  jest.resetAllMocks();
  gateway.changeDetector.read.mockRejectedValue(new AppError('service_unavailable'));
});
afterAll(() => gateway.close());

const blocksOf = (...texts: string[]): Block[] =>
  texts.map((text) => ({ kind: 'paragraph', text, path: ['Aurora X2'], hash: text }));

async function sourceWith(...contents: Block[][]) {
  const { database } = gateway.db;
  const source = await insertSource(database, { user_id: userId });
  const ids: string[] = [];
  for (const [index, blocks] of contents.entries()) {
    const created_at = new Date(Date.UTC(2026, 10, 1 + index));
    const { id } = await insertContent(database, {
      source_id: source.id,
      title: `Version ${index}`,
      blocks,
      created_at,
      fetched_at: created_at,
    });
    ids.push(id);
  }
  return { id: source.id, ids };
}

describe('the contents of a source', () => {
  test('are listed newest first, without their blocks, page by page', async () => {
    const { id, ids } = await sourceWith(blocksOf('a'), blocksOf('a', 'b'), blocksOf('a', 'b', 'c'));
    const first = (await api.ok('listContents', { params: { id }, query: { limit: 2 } })).body;
    expect(first.data.map((content) => [content.id, content.title, content.block_count])).toEqual([
      [ids[2], 'Version 2', 3],
      [ids[1], 'Version 1', 2],
    ]);
    expect(first.data[0]).not.toHaveProperty('blocks');
    expect(first.data[0]).not.toHaveProperty('snapshot_key');
    const { body } = await api.ok('listContents', { params: { id }, query: { cursor: first.next_cursor! } });
    expect(body).toMatchObject({ data: [{ id: ids[0] }], next_cursor: null });
  });

  test('are read one by one, with their blocks', async () => {
    const { id, ids } = await sourceWith(blocksOf('Price: $549'));
    const { body } = await api.ok('getContent', { params: { id, content_id: ids[0]! } });
    expect(body).toMatchObject({ id: ids[0], source_id: id, snapshot_bytes: null, block_count: 1 });
    expect(body.blocks).toEqual(blocksOf('Price: $549'));
  });

  test('are compared block by block, either way round', async () => {
    const { id, ids } = await sourceWith(
      blocksOf('Price: $549', 'In stock', 'Ships worldwide'),
      blocksOf('Ships worldwide', 'Price: $499', 'In stock'),
    );
    const diff = (content_id: string, other_id: string) =>
      api.ok('diffContents', { params: { id, content_id, other_id } });
    const { body } = await diff(ids[0]!, ids[1]!);
    expect(body.blocks.map(({ kind, before, after }) => [kind, before?.text, after?.text])).toEqual([
      ['moved', 'Ships worldwide', 'Ships worldwide'],
      ['edited', 'Price: $549', 'Price: $499'],
    ]);
    expect(body).toMatchObject({ before: { id: ids[0] }, after: { id: ids[1] } });
    expect(body.unified).toContain('+Price: $499');
    const back = (await diff(ids[1]!, ids[0]!)).body;
    expect(back.blocks.find(({ kind }) => kind === 'edited')).toMatchObject({
      before: { text: 'Price: $499' },
      after: { text: 'Price: $549' },
    });
  });
});

describe('a snapshot', () => {
  const hostile = Buffer.from('<script>fetch("/api/v1/api-keys")</script>\xff', 'latin1');
  const download = async (id: string, contentId: string) =>
    fetch(`${gateway.url}/api/v1/monitored-sources/${id}/contents/${contentId}/snapshot`, {
      headers: api.headers,
    });

  test.each([
    ['text/html; charset=utf-8', 'txt'],
    ['application/json', 'txt'],
    ['application/pdf', 'bin'],
    [null, 'bin'],
  ])('of %s is a file to download and never a page of ours', async (content_type, extension) => {
    const { id, ids } = await sourceWith(blocksOf('a'));
    gateway.contentProcessor.getSnapshot.mockResolvedValue({
      content_type,
      body_base64: hostile.toString('base64'),
    });
    const response = await download(id, ids[0]!);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="2026-11-01-${ids[0]}.${extension}"`,
      'content-length': String(hostile.length),
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(hostile);
    expect(gateway.contentProcessor.getSnapshot.mock.calls).toEqual([[{ id: ids[0] }]]);
  });

  test('that is not kept is not found', async () => {
    const { id, ids } = await sourceWith(blocksOf('a'));
    gateway.contentProcessor.getSnapshot.mockRejectedValue(new AppError('not_found', 'There is no snapshot'));
    const response = await download(id, ids[0]!);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'not_found' });
  });
});

describe('retention', () => {
  test('is set per query, and back to what is configured', async () => {
    gateway.discovery.discover.mockResolvedValue({
      refined_query: null,
      condition: null,
      sources: [{ url: publicUrl('/a'), kind: 'page', title: null, origin: 'sentence', reason: 'named' }],
    });
    const { body } = await api.ok('createUserQuery', {
      body: { raw_query: `watch ${publicUrl('/a')}`, retention_contents: 3, retention_days: 7 },
    });
    expect(body).toMatchObject({ retention_contents: 3, retention_days: 7 });
    const changed = await api.ok('updateUserQuery', {
      params: { id: body.id },
      body: { retention_contents: null },
    });
    expect(changed.body).toMatchObject({ retention_contents: null, retention_days: 7 });
    const refused = await api.problem('updateUserQuery', {
      params: { id: body.id },
      body: { retention_days: 0 },
    });
    expect(refused).toMatchObject({ code: 'invalid_request', errors: [{ path: 'retention_days' }] });
  });
});

describe('a preview', () => {
  const url = publicUrl('/product');
  const source = { url, kind: 'page', title: 'Aurora', origin: 'sentence', reason: 'named' } as const;
  const scraped: ScrapeResponse = {
    outcome: 'ok',
    http_status: 200,
    detail: null,
    url,
    content_type: 'text/html',
    title: 'Aurora',
    content_hash: 'f'.repeat(64),
    blocks: blocksOf('Price: $499'),
    fetched_at: '2026-11-22T10:00:00.000Z',
  };
  const state = { met: true, reason: 'Price is already $499.', evidence: null, confidence: 0.95 };

  beforeEach(() => {
    gateway.discovery.discover.mockResolvedValue({
      refined_query: 'the price',
      condition: 'below $500',
      sources: [source],
    });
    gateway.contentProcessor.scrape.mockResolvedValue(scraped);
    gateway.changeDetector.conditionState.mockResolvedValue({ subject: 'aurora', condition: state });
  });

  const everything = async () => {
    const { rows } = await sql`select (select count(*) from user_queries) as queries,
      (select count(*) from monitored_sources) as sources, (select count(*) from check_runs) as checks,
      (select count(*) from scraped_contents) as contents`.execute(gateway.db.database.kysely);
    return rows;
  };

  test('tells what would be watched and read and whether the condition is true, and stores nothing', async () => {
    const before = await everything();
    const { status, body } = await api.ok('preview', {
      body: { url, raw_query: 'tell me when the Aurora drops below $500' },
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      refined_query: 'the price',
      condition: 'below $500',
      sources: [{ source, content: { ...scraped, block_count: 1 }, condition: state }],
    });
    expect(await everything()).toEqual(before);
    const sentence = `tell me when the Aurora drops below $500 ${url}`;
    expect(gateway.discovery.discover.mock.calls).toEqual([[{ raw_query: sentence, condition: null }]]);
    expect(gateway.changeDetector.conditionState.mock.calls).toEqual([
      [
        {
          raw_query: sentence,
          condition: 'below $500',
          source_url: url,
          content: { title: 'Aurora', blocks: scraped.blocks, fetched_at: scraped.fetched_at },
        },
      ],
    ]);
  });

  test('needs no sentence, and does not repeat an address that the sentence names', async () => {
    await api.ok('preview', { body: { url, condition: 'it is sold out' } });
    await api.ok('preview', { body: { url, raw_query: `watch ${url} for me` } });
    expect(gateway.discovery.discover.mock.calls.map(([request]) => request)).toEqual([
      { raw_query: `Tell me what changes at ${url}`, condition: 'it is sold out' },
      { raw_query: `watch ${url} for me`, condition: null },
    ]);
  });

  test('of a page that cannot be read says why, and judges nothing', async () => {
    const blocked = {
      ...scraped,
      outcome: 'blocked',
      http_status: 403,
      detail: 'A bot wall.',
      blocks: [],
      title: null,
      content_hash: null,
    } as const;
    gateway.contentProcessor.scrape.mockResolvedValue({ ...blocked, blocks: [] });
    const { body } = await api.ok('preview', { body: { url } });
    expect(body.sources[0]).toMatchObject({
      content: { outcome: 'blocked', detail: 'A bot wall.' },
      condition: null,
    });
    expect(gateway.changeDetector.conditionState).not.toHaveBeenCalled();
  });

  test('shows the first blocks of a long page and judges all of them', async () => {
    const blocks = blocksOf(...Array.from({ length: 1_000 }, (_, i) => `Line ${i}`));
    gateway.contentProcessor.scrape.mockResolvedValue({ ...scraped, blocks });
    const { body } = await api.ok('preview', { body: { url } });
    expect(body.sources[0]!.content).toMatchObject({ block_count: 1_000 });
    expect(body.sources[0]!.content.blocks).toHaveLength(300);
    expect(gateway.changeDetector.conditionState.mock.calls[0]![0].content.blocks).toHaveLength(1_000);
  });

  test.each([
    ['a private address', { url: 'http://10.0.0.1/' }, 'address_refused'],
    ['another scheme', { url: 'file:///etc/passwd' }, 'invalid_request'],
    ['no address', { raw_query: 'watch the weather' }, 'invalid_request'],
  ])('of %s is refused', async (_name, body, code) => {
    expect(await api.problem('preview', { body })).toMatchObject({ code });
    expect(gateway.discovery.discover).not.toHaveBeenCalled();
    expect(gateway.contentProcessor.scrape).not.toHaveBeenCalled();
  });

  test('passes on what the services say', async () => {
    gateway.contentProcessor.scrape.mockRejectedValue(
      new AppError('service_unavailable', 'content-processor is not available'),
    );
    expect(await api.problem('preview', { body: { url } })).toMatchObject({ status: 503 });
    const nobody = await fetch(`${gateway.url}/api/v1/preview`, { method: 'POST' });
    expect(nobody.status).toBe(401);
  });
});
