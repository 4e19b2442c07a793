import type { RenderLearned } from '@torale/contracts';
import { readingPlan, renderingNeed, showsMore } from './need.ts';

const markup = (text: string) => Buffer.from(text);
const needOf = (html: string, textLength: number) => renderingNeed({ markup: markup(html), textLength });

describe('markup that looks as if scripts filled it in', () => {
  const script = '<script src="/app.js"></script>';
  test.each([
    ['nothing but scripts', script, 0],
    ['an empty mount', `<div id="root"></div>${script}`, 12],
    [
      'an empty mount with attributes and space',
      `<div class="x" id=__next data-a="b">\n </div>${script}`,
      12,
    ],
    ['Angular', `<app-root></app-root>${script}`, 10],
    [
      'a plea for JavaScript',
      `<noscript>You need to enable JavaScript to run this app.</noscript>${script}`,
      40,
    ],
  ])('%s: a shell', (_name, html, length) => {
    expect(needOf(html, length)).toMatchObject({ isShell: true, reason: expect.stringMatching(/\w+ \w+/) });
  });

  test('much markup around little text: worth a look, not a shell', () => {
    expect(needOf(`${script}${'<div class="skeleton"></div>'.repeat(1000)}`, 300)).toMatchObject({
      isShell: false,
    });
    expect(needOf(`<div id="app"></div>${script}`, 800)).toMatchObject({ isShell: false });
  });

  test.each([
    ['a page without scripts', '<div id="root"></div>', 0],
    ['a page of text', `<div id="root"></div>${script}`, 5000],
    ['a short page that is all there', `<h1>Price</h1><p>$90 today, and no more than that</p>${script}`, 40],
    ['a mount that was filled on the server', `<div id="root"><p>All of it</p></div>${script}`, 20],
  ])('%s: no', (_name, html, length) => {
    expect(needOf(html, length)).toBeUndefined();
  });

  test('hostile markup takes no time', () => {
    const html =
      '<script><noscript>'.repeat(20_000) + '<div id='.repeat(20_000) + '<div id="root" '.repeat(20_000);
    const start = performance.now();
    needOf(html, 100);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

test('a browser shows more when it shows a good deal more', () => {
  expect(showsMore(500, 0)).toBe(true);
  expect(showsMore(5000, 3000)).toBe(true);
  expect(showsMore(1100, 1000)).toBe(false);
  expect(showsMore(30, 0)).toBe(false);
});

describe('how a source is read', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  const hour = 3_600_000;
  const learned = (needed: boolean, hoursAgo: number): RenderLearned => ({
    needed,
    reason: 'seen',
    tested_at: new Date(now.getTime() - hoursAgo * hour).toISOString(),
  });
  const source = {
    render_mode: 'auto',
    render_actions: [],
    screenshot: false,
    render_learned: null,
  } as const;

  test.each([
    ['plain_first', {}],
    ['rendered', { render_learned: learned(true, 1) }],
    ['both', { render_learned: learned(true, 24) }],
    ['plain', { render_learned: learned(false, 1) }],
    ['plain_first', { render_learned: learned(false, 24) }],
    ['plain', { render_mode: 'never', render_learned: learned(true, 1), screenshot: true }],
    ['rendered', { render_mode: 'always' }],
    ['rendered', { screenshot: true }],
    ['rendered', { render_actions: [{ type: 'scroll', screens: 1 }] }],
  ] as const)('%s, when %j', (plan, settings) => {
    expect(readingPlan({ ...source, ...settings }, now, 24 * hour)).toBe(plan);
  });
});
