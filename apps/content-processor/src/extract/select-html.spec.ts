import { htmlBlocks } from './html-blocks.ts';
import { parseHtml } from './html-tree.ts';
import { selectParts } from './select-html.ts';

const page = `<title>Shop</title><nav class="top">Home</nav><main><h1>Lumen</h1>
  <div id="offer"><span class="price">$90</span> <a href="/cart">Buy</a> <i class="views">7 views</i></div>
  <ul><li>One</li><li class="x">Two</li></ul><p hidden>Secret</p></main>`;
const linesOf = (include: string[], exclude: string[] = []) =>
  htmlBlocks(selectParts(parseHtml(page), { include, exclude }), 100).map(({ text }) => text);

test.each<[include: string[], exclude: string[], lines: string[]]>([
  [['.price'], [], ['$90']],
  [
    ['ul', '#offer'],
    ['.views', '//a'],
    ['$90', 'One', 'Two'],
  ],
  [['main li:last-child', 'li'], [], ['One', 'Two']],
  [['#offer', '.price'], [], ['$90 Buy 7 views']],
  [['//li[@class="x"]'], [], ['Two']],
  [['(//li)[1]'], [], ['One']],
  [['//a/@href'], [], ['/cart']],
  [['//span/text()'], [], ['$90']],
  [['//DIV[@id="offer"]'], ['.views, a'], ['$90']],
  [['nav', 'p'], [], ['Home', 'Secret']],
  [[], ['#offer', 'nav', 'ul'], ['Shop', 'Lumen']],
  [['li:has(+ li)'], [], ['One']],
])('%j without %j', (include, exclude, lines) => {
  expect(linesOf(include, exclude)).toEqual(lines);
});

test.each([
  ['empty', ['.gone'], []],
  ['empty', ['.price'], ['#offer']],
  ['unsupported', ['li['], []],
  ['unsupported', ['//li['], []],
  ['unsupported', ['//li/nofunction()'], []],
  ['unsupported', ['(1 + 1)'], []],
  ['unsupported', ['$.price'], []],
])('%s: %j without %j', (outcome, include, exclude) => {
  expect(() => linesOf(include, exclude)).toThrow(expect.objectContaining({ outcome }));
});
