import type { Block } from '@torale/contracts';
import { htmlBlocks } from './html-blocks.ts';
import { parseHtml } from './html-tree.ts';

const blocksOf = (html: string): Block[] => htmlBlocks(parseHtml(html), 20_000);
const linesOf = (html: string): string[] => blocksOf(html).map(({ kind, text }) => `${kind}: ${text}`);

test('a product page keeps its price, its stock and its specifications', () => {
  const html = `<!doctype html><html><head><title>Lumen 40 lamp – Hearth</title>
    <script type="application/ld+json">{"price": 1}</script><style>.price{color:red}</style></head>
    <body><nav><a href="/">Home</a><a href="/lamps">Lamps</a></nav>
    <div class="product"><h1>Lumen 40</h1>
      <div class="rating"><span>4.6</span> <span>(218 reviews)</span></div>
      <div class="price"><span aria-hidden="true"><b>$</b><i>90</i><i>74</i></span><span class="sr-only">$90.74</span></div>
      <div>In stock, ships in 2 days</div>
      <label for="size">Size</label>
      <select id="size"><option>Small</option><option disabled>Large – sold out</option></select>
      <button>Add to cart</button>
      <h2>Specifications</h2>
      <dl><dt>Power</dt><dd>40 W</dd><dt>Colours</dt><dd>Sand</dd><dd>Slate</dd><dt>Socket</dt></dl>
    </div></body></html>`;
  expect(linesOf(html)).toEqual([
    'title: Lumen 40 lamp – Hearth',
    'heading: Lumen 40',
    'paragraph: 4.6 (218 reviews)',
    'paragraph: $90.74',
    'paragraph: In stock, ships in 2 days',
    'form_label: Size',
    'form_label: Small',
    'form_label: Large – sold out (disabled)',
    'form_label: Add to cart',
    'heading: Specifications',
    'definition: Power: 40 W',
    'definition: Colours: Sand',
    'definition: Colours: Slate',
    'definition: Socket',
  ]);
});

test('a pricing table keeps cells with the headers of their columns', () => {
  const html = `<h2>Plans</h2><table><caption>Per month</caption>
    <thead><tr><th>Plan</th><th>Price</th><th>Seats</th></tr></thead>
    <tbody><tr><th>Solo</th><td>$9</td><td>1</td></tr>
    <tr><th>Team</th><td>$<!-- -->29<!-- -->.50</td><td><img alt="unlimited" src="i.png"></td></tr></tbody></table>`;
  const blocks = blocksOf(html);
  expect(blocks.map(({ text }) => text)).toEqual([
    'Plans',
    'Per month',
    'Plan | Price | Seats',
    'Solo | $9 | 1',
    'Team | $29.50 | unlimited',
  ]);
  expect(blocks.at(-1)).toMatchObject({
    kind: 'table_row',
    path: ['Plans'],
    cells: [
      { header: 'Plan', text: 'Team' },
      { header: 'Price', text: '$29.50' },
      { header: 'Seats', text: 'unlimited' },
    ],
  });
});

test('an event page keeps headings as the path of what stands below them', () => {
  const html = `<main><h1>Harbour Festival</h1><p>Three days of music.</p>
    <h2>When</h2><p>Friday, <time datetime="2027-06-04">June 4, 2027</time>, 18:00</p>
    <h2>Tickets</h2><h3>Day pass</h3><p>€45</p><h3>Weekend</h3><p>Sold out</p>
    <h2>Where</h2><blockquote>Pier 7<br>Old Harbour<br><br>Gate B</blockquote></main>`;
  const paths = blocksOf(html).map(({ text, path }) => [text, path]);
  expect(paths).toContainEqual(['Friday, June 4, 2027, 18:00', ['Harbour Festival', 'When']]);
  expect(paths).toContainEqual(['€45', ['Harbour Festival', 'Tickets', 'Day pass']]);
  expect(paths).toContainEqual(['Sold out', ['Harbour Festival', 'Tickets', 'Weekend']]);
  expect(paths).toContainEqual(['Pier 7 Old Harbour', ['Harbour Festival', 'Where']]);
  expect(paths).toContainEqual(['Gate B', ['Harbour Festival', 'Where']]);
});

test('a forum list keeps its entries apart, and a heading ends with its section', () => {
  const html = `<h1>Forum</h1><ul>
    <li><h3>Firmware 2.1</h3><p>Fixes the clock.</p><ul><li>by ada</li><li>12 replies</li></ul></li>
    <li><h3>Hello</h3><p>New here.</p></li></ul><p>Page 1 of 3</p>`;
  expect(blocksOf(html).map(({ kind, text, path }) => [kind, text, path.join(' > ')])).toEqual([
    ['heading', 'Forum', ''],
    ['heading', 'Firmware 2.1', 'Forum'],
    ['list_item', 'Fixes the clock.', 'Forum > Firmware 2.1'],
    ['list_item', 'by ada', 'Forum > Firmware 2.1'],
    ['list_item', '12 replies', 'Forum > Firmware 2.1'],
    ['heading', 'Hello', 'Forum'],
    ['list_item', 'New here.', 'Forum > Hello'],
    ['paragraph', 'Page 1 of 3', 'Forum'],
  ]);
});

test.each([
  ['$<!-- -->90<!-- -->.74', '$90.74'],
  ['<span>$</span><span>1,299</span><span>.</span><span>00</span>', '$1,299.00'],
  ['$90<sup>74</sup>', '$90.74'],
  ['<b>€</b> 1 299', '€ 1 299'],
  ['£5<sup>1</sup>', '£5 1'],
  ['$90¹', '$90 1'],
  ['1½ cups', '1 1⁄2 cups'],
  ['12 m<sup>2</sup>', '12 m2'],
  ['90&nbsp;€ &amp; more', '90 € & more'],
  ['１２３ ﬁne so\u00adft\u200b', '123 fine soft'],
  ['a\u0000b\ud800c', 'ab\ufffdc'],
])('%s reads as "%s"', (html, text) => {
  expect(linesOf(`<p>${html}</p>`)).toEqual([`paragraph: ${text}`]);
});

test('text in bare elements is text too', () => {
  expect(
    linesOf('Loose <div>one<div>two</div>three</div><span>four</span> five<custom-tag>six</custom-tag>'),
  ).toEqual([
    'paragraph: Loose',
    'paragraph: one',
    'paragraph: two',
    'paragraph: three',
    'paragraph: four five',
    'paragraph: six',
  ]);
});

test('preformatted text is kept by the piece', () => {
  expect(linesOf('<pre>v2.0\n  faster\n\nv1.0\n  first</pre>')).toEqual([
    'code: v2.0 faster',
    'code: v1.0 first',
  ]);
});

test('buttons say what can be done, long choices say nothing', () => {
  const countries = Array.from({ length: 200 }, (_, i) => `<option>Country ${i}</option>`).join('');
  const html = `<form><input type="hidden" name="csrf" value="b1946ac9"><input type="text" value="typed">
    <input type="submit" value="Notify me"><button disabled>Buy now</button><select>${countries}</select></form>`;
  expect(linesOf(html)).toEqual(['form_label: Notify me', 'form_label: Buy now (disabled)']);
});

test('scripts, styles and what is not shown are not text', () => {
  const html = `<h1>Shown</h1><script>var a = "<p>no</p>"</script><style>p{}</style><noscript>no</noscript>
    <template><p>no</p></template><svg><title>no</title><text>no</text></svg><textarea>no</textarea><!-- no -->
    <p hidden>no</p><p aria-hidden="true">no</p><p style="color:red; display: none">no</p><dialog>no</dialog>
    <p hidden="until-found">Found</p><details><summary>More</summary>Folded</details>`;
  expect(linesOf(html)).toEqual([
    'heading: Shown',
    'paragraph: Found',
    'paragraph: More',
    'paragraph: Folded',
  ]);
});

test('equal text has an equal hash, whatever the markup and the place', () => {
  const [plain] = blocksOf('<p>Ships in 2 days</p>');
  const [nested] = blocksOf('<div class="x"><section><p>Ships\n in&#32;<b>2</b> days</p></section></div>');
  const [item] = blocksOf('<li>Ships in 2 days');
  expect(plain!.hash).toMatch(/^[0-9a-f]{32}$/);
  expect(nested!.hash).toBe(plain!.hash);
  expect(item!.hash).not.toBe(plain!.hash);
});

test('a page beyond the cap is too large, never cut', () => {
  const html = '<p>a</p>'.repeat(11);
  expect(() => htmlBlocks(parseHtml(html), 10)).toThrow(expect.objectContaining({ outcome: 'too_large' }));
  expect(htmlBlocks(parseHtml(html), 11)).toHaveLength(11);
});

describe('hostile markup', () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => `<tr><td>${i}</td><td>$${i}</td></tr>`).join('');
  test.each<[string, string, number]>([
    ['10,000 nested elements', `${'<div>'.repeat(10_000)}deep${'</div>'.repeat(10_000)}`, 1],
    ['100,000 elements that are never closed', '<b>x '.repeat(100_000), 8],
    ['50,000 attributes', `<p ${Array.from({ length: 50_000 }, (_, i) => `a${i}=1`).join(' ')}>x</p>`, 1],
    ['a table of 10,000 rows', `<table>${rows}</table>`, 10_000],
    [
      'cells that span everything',
      `<table>${'<tr><td rowspan=65000 colspan=9999>x</td>'.repeat(5000)}`,
      5000,
    ],
    ['100,000 footnotes', `<p>${'1<sup>1</sup>'.repeat(100_000)}`, 6],
    ['nothing but brackets', '<'.repeat(200_000), 4],
    ['tags that never end', '<input'.repeat(100_000), 0],
  ])('%s are read in a moment', (_name, html, count) => {
    const started = performance.now();
    expect(blocksOf(html)).toHaveLength(count);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
