import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { extractionSchema } from '@torale/contracts';
import { eventually } from '@torale/testing';
import { contentProcessorConfig } from '../src/content-processor.config.ts';
import { extractContent } from '../src/extract/extract-content.ts';
import { Extractor } from '../src/extract/extractor.ts';

jest.setTimeout(180_000);
// Jest takes the last words of a child whose heap is full, on the stream that it shares, for those of its own worker.
beforeAll(() => jest.spyOn(process.stderr, 'write').mockReturnValue(true));
afterAll(() => jest.restoreAllMocks());
const url = 'https://shop.test/';
const plain = extractionSchema.parse({});
const page = (body: string | Buffer) => ({
  status: 200,
  url,
  headers: { 'content-type': 'text/html' },
  body: Buffer.from(body),
});
const extractors: Extractor[] = [];
function extractorWith(environment: NodeJS.ProcessEnv = {}): Extractor {
  const extractor = new Extractor(contentProcessorConfig.schema.parse(environment));
  extractors.push(extractor);
  return extractor;
}
afterEach(async () => {
  for (const extractor of extractors.splice(0)) await extractor.onModuleDestroy();
});

const limit = { EXTRACTION_TIMEOUT_MS: '6000', EXTRACTION_MAX_MEMORY_MB: '256' };
/** Beyond the time limit: handing a page over and ending a process, on a busy machine. */
const graceMs = 10_000;
const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => `<tr><td>${i}</td><td>$${i}.50</td></tr>`).join('');
const megabytes = (count: number, piece: string) => piece.repeat((count * 1024 * 1024) / piece.length);
const nested = (depth: number) => `${'<div>'.repeat(depth)}deep${'</div>'.repeat(depth)}`;

/** Depends on the machine: whichever limit comes first. */
const either = /^(ok|too_large)$/;
const hostile: [
  name: string,
  body: () => string,
  outcome: string | RegExp,
  environment?: NodeJS.ProcessEnv,
][] = [
  ['HTML nested 10,000 deep', () => nested(10_000), 'ok'],
  ['HTML nested 1,000,000 deep', () => nested(1_000_000), either],
  ['a page of 50 MB in few blocks', () => `<p>${megabytes(50, 'words and words ')}`, either],
  ['a page of 50 MB in many elements', () => megabytes(50, '<p>word</p>'), 'too_large'],
  ['a table of 100,000 rows', () => `<table>${rows(100_000)}</table>`, 'too_large'],
  [
    'the same, where so many blocks are allowed',
    () => `<table>${rows(100_000)}</table>`,
    either,
    { CONTENT_MAX_BLOCKS: '200000', EXTRACTION_MAX_MEMORY_MB: '1024' },
  ],
  [
    'more memory than is allowed',
    () => `<table>${rows(400_000)}</table>`,
    'too_large',
    { CONTENT_MAX_BLOCKS: '900000', EXTRACTION_MAX_MEMORY_MB: '64' },
  ],
  [
    'more time than is allowed',
    () => megabytes(8, '<p>word <b>a</b></p>'),
    'too_large',
    { CONTENT_MAX_BLOCKS: '900000', EXTRACTION_TIMEOUT_MS: '150', EXTRACTION_MAX_MEMORY_MB: '1024' },
  ],
  ['50 MB of brackets', () => megabytes(50, '<'), 'too_large'],
  ['JSON nested 1,000,000 deep', () => `${'['.repeat(1_000_000)}1${']'.repeat(1_000_000)}`, either],
];

test.each(hostile)(
  '%s ends within its limit, beside a process that goes on',
  async (name, body, outcome, more = {}) => {
    const extractor = extractorWith({ ...limit, ...more });
    const response = page(body());
    const rss = () => Math.round(process.memoryUsage.rss() / 1024 / 1024);
    const before = rss();
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const started = performance.now();
    const ended = await extractor.extract(response, url, plain).then(
      ({ blocks }) => ({ outcome: 'ok', blocks: blocks.length }),
      (error: { outcome: string; message: string }) => ({ outcome: error.outcome, detail: error.message }),
    );
    const ms = Math.round(performance.now() - started);
    delay.disable();
    const peak = rss();
    await extractor.onModuleDestroy();
    await sleep(50);
    console.log(
      `${name}: ${JSON.stringify(ended)} in ${ms} ms; RSS ${before} MB before, ${peak} MB at its end, ${rss()} MB after; ` +
        `event loop held up for ${Math.round(delay.max / 1e6)} ms at most`,
    );
    expect(ended.outcome).toMatch(new RegExp(outcome));
    expect(ms).toBeLessThan(Number(more.EXTRACTION_TIMEOUT_MS ?? limit.EXTRACTION_TIMEOUT_MS) + graceMs);
  },
);

test('after all of them the process has the memory that it had', async () => {
  const extractor = extractorWith(limit);
  const body = megabytes(50, '<p>word</p>');
  const fail = () =>
    expect(extractor.extract(page(body), url, plain)).rejects.toMatchObject({ outcome: 'too_large' });
  await fail();
  // What is garbage the engine gives back when it likes.
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const memory = () => {
    collectGarbage();
    return process.memoryUsage.rss();
  };
  const before = memory();
  for (let i = 0; i < 5; i++) await fail();
  await eventually('the memory of before', async () => memory() - before < 150 * 1024 * 1024);
});

test('a page is the same from another process, from this one, and every time', async () => {
  const extractor = extractorWith({ EXTRACTION_TIMEOUT_MS: '60000' });
  const body = `<title>A</title>${'<h2>Seat</h2><p>$5</p>'.repeat(7000)}`;
  const first = await extractor.extract(page(body), url, plain);
  expect(await extractor.extract(page(body), url, plain)).toEqual(first);
  const here = { requested_url: url, max_blocks: 20_000, include: [], exclude: [], facets: [] };
  expect(await extractContent(page(body), here)).toEqual(first);
});

test('what waits for a process has time of its own', async () => {
  const body = `<table>${rows(15_000)}</table>`;
  const read = (extractor: Extractor) => extractor.extract(page(body), url, plain);
  // How long the first takes here, start of the process included, says what is plenty for one and too little for all.
  const start = performance.now();
  await read(extractorWith({ EXTRACTION_TIMEOUT_MS: '60000' }));
  const timeoutMs = Math.ceil(5 * (performance.now() - start));
  const extractor = extractorWith({ EXTRACTION_PROCESSES: '1', EXTRACTION_TIMEOUT_MS: String(timeoutMs) });
  const all = await Promise.all(Array.from({ length: 20 }, () => read(extractor)));
  expect(all.map(({ blocks }) => blocks.length)).toEqual(Array<number>(20).fill(15_000));
});

test('a selector that takes for ever is stopped, and the next page is read', async () => {
  const extractor = extractorWith({ EXTRACTION_TIMEOUT_MS: '10000' });
  const list = page(`<ul>${'<li>a</li>'.repeat(3000)}</ul>`);
  const slow = { ...plain, include: ['//li[count(//li[count(//li) > 1]) > 1]'] };
  await expect(extractor.extract(list, url, slow)).rejects.toMatchObject({ outcome: 'too_large' });
  expect((await extractor.extract(list, url, { ...plain, include: ['li:first-child'] })).blocks).toHaveLength(
    1,
  );
});

test('blocks keep their hashes when others come above them', async () => {
  const extractor = extractorWith();
  const hashesOf = async (body: string) =>
    (await extractor.extract(page(body), url, plain)).blocks.map(({ hash }) => hash);
  const rest =
    '<h2>Plans</h2><p>$9</p><table><tr><th>Plan</th><th>Price</th></tr><tr><td>Solo</td><td>$9</td></tr></table>';
  const before = await hashesOf(rest);
  expect((await hashesOf(`<h2>News</h2><p>Hello</p>${rest}`)).slice(2)).toEqual(before);
});
