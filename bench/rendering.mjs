/**
 * What rendering a page costs: CPU of this process (ours) and of the browser, memory of both, before and after.
 * Run after `npm run build`: node bench/rendering.mjs [pages]
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';
import { contentProcessorConfig } from '../apps/content-processor/dist/content-processor.config.js';
import { BrowserRenderer } from '../apps/content-processor/dist/render/browser-renderer.js';
import { processTree } from '../apps/content-processor/dist/render/process-tree.js';
import { WarmBrowser } from '../apps/content-processor/dist/render/warm-browser.js';
import { outboundHttpConfig } from '../libs/outbound-http/dist/index.js';

const pages = Number(process.argv[2] ?? 30);
const environment = { OUTBOUND_ALLOW_CIDRS: '127.0.0.1', RENDER_MAX_PAGES: '1000', ...process.env };
const settings = contentProcessorConfig.schema.parse(environment);
const browser = new WarmBrowser(settings);
const renderer = new BrowserRenderer(browser, settings, outboundHttpConfig.schema.parse(environment));

/** A shop of one page: 150 KB of script, a style sheet, five API calls, twenty images, 200 rows. */
const answers = {
  '/': [
    'text/html',
    '<!doctype html><title>Shop</title><link rel="stylesheet" href="/style.css"><div id="root"></div><script src="/app.js"></script>',
  ],
  '/style.css': ['text/css', 'li { color: teal }'.repeat(500)],
  '/app.js': [
    'text/javascript',
    `/*${'x'.repeat(150_000)}*/
    Promise.all([1, 2, 3, 4, 5].map((n) => fetch('/api?' + n).then((r) => r.json()))).then((lists) => {
      root.innerHTML = '<h1>Shop</h1><ul>' + lists.flat().map((p) => '<li>' + p.name + ' $' + p.price + '</li>').join('') + '</ul>'
        + Array.from({ length: 20 }, (_, i) => '<img src="/image?' + i + '">').join('');
    })`,
  ],
  '/api': [
    'application/json',
    JSON.stringify(Array.from({ length: 40 }, (_, i) => ({ name: `Lamp ${i}`, price: i }))),
  ],
};
const site = createServer((request, response) => {
  const [type, body] = answers[request.url.split('?')[0]] ?? ['text/plain', ''];
  response.writeHead(200, { 'content-type': type }).end(body);
});
await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${site.address().port}/`;

const ticksMs = 10;
/** Of the browser's processes that live and of those that have ended, milliseconds. */
const browserCpu = () =>
  browser.pids.flatMap(processTree).reduce((sum, { pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number);
    return sum + (fields[11] + fields[12] + fields[13] + fields[14]) * ticksMs;
  }, 0);
const memory = () => {
  const megabytes = (bytes) => Math.round(bytes / 2 ** 20);
  const ofBrowser = browser.pids.flatMap(processTree).reduce((sum, use) => sum + use.memory, 0);
  return `${megabytes(process.memoryUsage.rss())} MB ours, ${megabytes(ofBrowser)} MB the browser's`;
};

async function measure(concurrency) {
  const before = { cpu: process.cpuUsage(), browser: browserCpu(), time: performance.now() };
  let left = pages;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) {
        const { html } = await renderer.render({ url });
        if (!html.includes('Lamp 39 $39')) throw new Error('not rendered');
      }
    }),
  );
  const { user, system } = process.cpuUsage(before.cpu);
  const perPage = (ms) => (ms / pages).toFixed(0);
  console.log(
    `${concurrency} at once: ${perPage((user + system) / 1000)} CPU ms ours (with the site), ` +
      `${perPage(browserCpu() - before.browser)} CPU ms the browser's, ` +
      `${((pages / (performance.now() - before.time)) * 1000).toFixed(1)} pages/s; ${memory()}`,
  );
}

console.log(`before: ${memory()}`);
const start = performance.now();
await renderer.render({ url });
console.log(
  `first page, with the start of the browser: ${(performance.now() - start).toFixed(0)} ms; ${memory()}`,
);
await measure(1);
await measure(2);
await browser.onModuleDestroy();
console.log(`after: ${memory()}`);
site.close();
