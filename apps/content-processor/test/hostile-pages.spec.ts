import type { RenderError } from '../src/render/renderer.ts';
import { RendererFixture } from './renderer-fixture.ts';

/** The long one is for pages that another limit has to end first, on a slow machine too. */
const timeoutMs = { short: 6000, long: 30_000 };
/** Beyond the time limit: closing what does not want to be closed, on a busy machine. */
const graceMs = 10_000;
let fixtures: Record<keyof typeof timeoutMs, RendererFixture>;

beforeAll(async () => {
  const [short, long] = await Promise.all(
    [timeoutMs.short, timeoutMs.long].map((timeout) =>
      RendererFixture.start({ RENDER_TIMEOUT_MS: String(timeout), RENDER_MAX_MEMORY_MB: '700' }),
    ),
  );
  fixtures = { short: short!, long: long! };
  // The time of the first page is not for starting the browser.
  await fixtures.short.show('/warm', '<p>warm</p>');
});
afterAll(() => Promise.all(Object.values(fixtures).map((fixture) => fixture.close())));

/** Name, what is in the page, and how it ends: an outcome, or a text that is read in spite of all. */
const pages: [name: string, body: string, ends: string | RegExp][] = [
  ['never fires load', '<p>All here</p><img src="/hang"><script async src="/hang"></script>', /All here/],
  ['never gets to its end', '<p>Half</p><script src="/hang"></script><p>rest</p>', 'timeout'],
  ['never answers', '', 'timeout'],
  ['a script without end', '<p>a</p><script>for (;;);</script>', 'timeout'],
  ['a script without end, later', '<p>a</p><script>setTimeout(() => { for (;;); }, 200)</script>', 'timeout'],
  [
    'a heap that fills up and crashes the tab',
    '<script>const hog = []; for (let i = 0; ; i++) hog.push(new Array(1e6).fill(i + 0.5))</script>',
    /^(unsupported|timeout)$/,
  ],
  [
    'memory beyond the heap',
    '<script>const hog = []; for (let i = 0; i < 200; i++) hog.push(new Uint8Array(5e7).fill(1))</script>',
    'too_large',
  ],
  [
    'a document that grows without end',
    `<script>setInterval(() => document.body.append('x'.repeat(2e6)), 1)</script>`,
    /^(too_large|timeout)$/,
  ],
  [
    'a document over the limit',
    `<script>document.body.append(Object.assign(document.createElement('p'), { hidden: true, textContent: 'x'.repeat(1.1e7) }))</script>`,
    'too_large',
  ],
  [
    'nesting that crashes the tab',
    `<script>let e = document.body; for (let i = 0; i < 20000; i++) e = e.appendChild(document.createElement('div')); e.append('deep')</script>`,
    'unsupported',
  ],
  ['dialogs without end', '<p>a</p><script>for (;;) alert("hello")</script>', 'timeout'],
  [
    'a few dialogs',
    '<script>alert(1); document.body.append("confirmed " + confirm("2") + prompt("3")); print()</script>',
    /confirmed falsenull/,
  ],
  [
    'popups',
    '<script>for (let i = 0; i < 200; i++) open("/popup"); document.body.append("survived")</script>',
    /survived/,
  ],
  ['a download', '<p>Text</p><script>location.href = "/download"</script>', 'unsupported'],
  [
    'a download from a link',
    '<a download="a" href="data:text/plain,a">a</a><script>document.links[0].click()</script>',
    'unsupported',
  ],
  [
    'a reload without end',
    '<p>again</p><script>location.reload()</script>',
    /^(too_many_redirects|timeout)$/,
  ],
  ['a script file without end', '<p>a</p><script src="/endless"></script>', 'too_large'],
  [
    'a download of data without end',
    `<p>a</p><script>fetch('/endless').then((r) => r.text())</script>`,
    'too_large',
  ],
  [
    'requests without end',
    '<p>a</p><script>setInterval(() => { for (let i = 0; i < 100; i++) fetch("/x" + Math.random()).catch(() => 0) }, 1)</script>',
    /^(too_large|timeout)$/,
  ],
  [
    'a flood of the console',
    '<p>a</p><script>for (;;) console.log("x".repeat(1e4), { a: [1, 2, 3] })</script>',
    /^(too_large|timeout)$/,
  ],
  [
    'a flood of the console from workers',
    `<p>Text</p><script>for (let i = 0; i < 4; i++) new Worker(URL.createObjectURL(new Blob(['for (;;) console.log("x".repeat(1e5))'])))</script>`,
    /Text|too_large|timeout/,
  ],
  [
    'frames within frames',
    `<p>Text</p><script>if (parent === top) for (let i = 0; i < 50; i++) document.body.append(Object.assign(document.createElement('iframe'), { src: location.href + '?' + Math.random() }))</script>`,
    /Text|too_large|timeout/,
  ],
  [
    'a page that does not let go',
    '<p>Stays</p><script>onbeforeunload = () => "no"; onunload = () => { for (;;); }</script>',
    /Stays/,
  ],
];

test.each(pages)('%s', async (name, body, ends) => {
  const limit = typeof ends === 'string' && ends !== 'timeout' ? 'long' : 'short';
  const fixture = fixtures[limit];
  fixture.site.set('/hang', () => undefined);
  fixture.site.set('/endless', (_request, response) => {
    const chunk = Buffer.alloc(2 ** 20, ' ');
    const write = () => {
      while (response.write(chunk));
      response.once('drain', write);
    };
    response.once('close', () => response.removeListener('drain', write));
    write();
  });
  fixture.site.set('/download', { headers: { 'content-disposition': 'attachment' }, body: 'file' });
  const before = fixture.memory();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const path = `/${name.replace(/\W+/g, '-')}`;
  const rendering =
    body === '' ? fixture.renderer.render({ url: `${fixture.site.url}/hang` }) : fixture.show(path, body);
  const end = await rendering.then(
    (page) => page.html,
    (error: RenderError) => error.outcome ?? Promise.reject(error as Error),
  );
  const took = Math.round(performance.now() - start);
  const { user, system } = process.cpuUsage(cpu);
  const after = fixture.memory();
  process.stdout.write(
    `${name}: ${end.startsWith('<!') ? 'ok' : end} in ${took} ms, CPU ${Math.round((user + system) / 1000)} ms, ` +
      `MB before/after: node ${before.node}/${after.node}, browser ${before.browser}/${after.browser}\n`,
  );
  if (typeof ends === 'string') expect(end).toBe(ends);
  else expect(end).toMatch(ends);
  expect(took).toBeLessThan(timeoutMs[limit] + graceMs);
  // What is asked next is answered as if nothing had been.
  expect((await fixture.show('/next', '<p>next</p>')).html).toContain('next');
});

test('memory is back when all is over', async () => {
  const { node, browser } = fixtures.short.memory();
  const { browser: other } = fixtures.long.memory();
  process.stdout.write(`after all: node ${node} MB, browsers ${browser} and ${other} MB\n`);
  expect(Math.max(browser, other)).toBeLessThan(350);
});
