import { type ContentPage, furnished, html } from './content-page.ts';

const lines = (...blocks: string[]) => ['title: Harbour Shop', ...blocks];
const ok = (name: string, main: string, blocks: string[], more: Partial<ContentPage> = {}): ContentPage => ({
  name,
  answer: html(furnished(main)),
  outcome: 'ok',
  blocks: lines(...blocks),
  ...more,
});

const prose = 'The museum opens at ten, closes at six, and is shut on Mondays, as it has been for years. ';
const linked = (data: unknown) => `<script type="application/ld+json">${JSON.stringify(data)}</script>`;
const lamp = {
  '@context': 'https://schema.org',
  '@type': 'Product',
  name: 'Lumen 40',
  offers: {
    '@type': 'Offer',
    price: '90.74',
    priceCurrency: 'USD',
    availability: 'https://schema.org/OutOfStock',
  },
};

/** What people watch, in the markup that it comes in. */
export const layoutPages: ContentPage[] = [
  ok(
    'a product page keeps price, stock and choices, and drops what surrounds them',
    `<main><h1>Lumen 40</h1><p class="price">$90.74</p><p>In stock</p><label>Size</label>
     <select><option>Small</option><option disabled>Large</option></select><button>Add to cart</button></main>`,
    [
      'heading: Lumen 40',
      'paragraph: $90.74',
      'paragraph: In stock',
      'form_label: Size',
      'form_label: Small',
      'form_label: Large (disabled)',
      'form_label: Add to cart',
    ],
  ),
  ok('a price split by comments', '<h1>Lamp</h1><p>$<!-- -->90<!-- -->.74</p>', [
    'heading: Lamp',
    'paragraph: $90.74',
  ]),
  ok(
    'a price split over spans',
    '<h1>Lamp</h1><div><span>$</span><span>1,299</span><span>.</span><span>00</span></div>',
    ['heading: Lamp', 'paragraph: $1,299.00'],
  ),
  ok('raised cents', '<h1>Lamp</h1><p>$90<sup>74</sup></p>', ['heading: Lamp', 'paragraph: $90.74']),
  ok(
    'cents that a style raises',
    '<h1>Lamp</h1><p><span>$90</span><span class="price-fraction">74</span></p>',
    ['heading: Lamp', 'paragraph: $90.74'],
  ),
  ok('a footnote makes no other price', '<h1>Lamp</h1><p>$90<sup>1</sup></p>', [
    'heading: Lamp',
    'paragraph: $90 1',
  ]),
  ok(
    'a price for screen readers beside one for the eye',
    '<h1>Lamp</h1><p><span class="sr-only">$90.74</span><span aria-hidden="true"><b>$</b><i>90</i><i>74</i></span></p>',
    ['heading: Lamp', 'paragraph: $90.74'],
  ),
  ok(
    'headings are the path of what stands below them',
    '<main><h1>Festival</h1><h2>Tickets</h2><h3>Day</h3><p>€45</p><h2>Place</h2><p>Pier 7</p></main>',
    [
      'heading: Festival',
      'heading: Tickets',
      'heading: Day',
      'paragraph: €45',
      'heading: Place',
      'paragraph: Pier 7',
    ],
    { paths: { '€45': ['Festival', 'Tickets', 'Day'], 'Pier 7': ['Festival', 'Place'] } },
  ),
  ok(
    'a table with headers, a caption and a cell over two rows',
    `<h1>Plans</h1><table><caption>Per month</caption><thead><tr><th>Plan</th><th>Price</th></tr></thead>
     <tr><td rowspan="2">Team</td><td>$29</td></tr><tr><td>$290 a year</td></tr></table>`,
    [
      'heading: Plans',
      'paragraph: Per month',
      'table_row: Plan | Price',
      'table_row: Team | $29',
      'table_row: Team | $290 a year',
    ],
  ),
  ok(
    'a table that arranges a page',
    '<table><tr><td><h1>News</h1><p>First</p></td><td><h2>More</h2><p>Second</p></td></tr></table>',
    ['heading: News', 'paragraph: First', 'heading: More', 'paragraph: Second'],
  ),
  ok(
    'a definition list',
    '<h1>Lamp</h1><dl><dt>Power</dt><dd>40 W</dd><dt>Colours</dt><dd>Sand</dd><dd>Slate</dd></dl>',
    ['heading: Lamp', 'definition: Power: 40 W', 'definition: Colours: Sand', 'definition: Colours: Slate'],
  ),
  ok(
    'a form says what can be chosen and done',
    `<h1>Book</h1><form><fieldset><legend>Day</legend><label>Friday <input type="radio"></label></fieldset>
     <input type="hidden" name="csrf" value="b1946ac9"><input type="submit" value="Reserve"></form>`,
    ['heading: Book', 'form_label: Day', 'form_label: Friday', 'form_label: Reserve'],
  ),
  ok(
    'lists in lists, quotes and code',
    '<h1>Notes</h1><ul><li>One<ol><li>Inner</li></ol></li></ul><blockquote>Said</blockquote><pre>v2\n\nv1</pre>',
    ['heading: Notes', 'list_item: One', 'list_item: Inner', 'quote: Said', 'code: v2', 'code: v1'],
  ),
  ok(
    'links and pictures are no text by default',
    '<h1>Get</h1><p><a href="/v2.zip">Download</a> <img src="a.png" alt="Screenshot"></p>',
    ['heading: Get', 'paragraph: Download'],
  ),
  ok(
    'links and pictures as facets',
    '<h1>Get</h1><p><a href="/v2.zip">Download</a> <img src="a.png" alt="Screenshot"> <a href="#top">Top</a></p>',
    ['heading: Get', 'paragraph: Download [/v2.zip] Screenshot Top'],
    { extraction: { facets: ['links', 'images'] } },
  ),
  ok(
    'linked data tells a price that the page does not show',
    `<h1>Lumen 40</h1><p>Choose a size to see the price</p>${linked(lamp)}`,
    [
      'heading: Lumen 40',
      'paragraph: Choose a size to see the price',
      'definition: Price: 90.74 USD',
      'definition: Availability: Out of stock',
    ],
  ),
  ok(
    'linked data that says what the page shows adds nothing',
    `<h1>Lumen 40</h1><p>$90.74</p><p>Sold out</p>${linked(lamp)}`,
    ['heading: Lumen 40', 'paragraph: $90.74', 'paragraph: Sold out'],
  ),
  ok(
    'microdata in elements that nobody sees',
    `<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Lumen 40</h1>
     <div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="price" content="45">
     <meta itemprop="priceCurrency" content="EUR"><link itemprop="availability" href="http://schema.org/PreOrder"></div></div>`,
    ['heading: Lumen 40', 'definition: Price: 45 EUR', 'definition: Availability: Pre-order'],
  ),
  ok(
    'broken linked data says nothing and breaks nothing',
    '<h1>Lamp</h1><script type="application/ld+json">{"price": 5,,}</script>',
    ['heading: Lamp'],
  ),
  ok(
    'what is watched is kept in a container with the name of an ad',
    '<div class="ads"><main><h1>Bicycles</h1><p>Red, $90</p></main></div>',
    ['heading: Bicycles', 'paragraph: Red, $90'],
  ),
  ok(
    'an article in a container with the name of a footer, on a page without a main part',
    `<div id="footer"><div>${`<p>${prose}</p>`.repeat(2)}</div></div>`,
    [`paragraph: ${prose.trim()}`, `paragraph: ${prose.trim()}`],
  ),
  ok(
    'only what a CSS selector includes',
    '<h1>Lamp</h1><div class="box"><b class="price">$90</b> <i>7 views</i></div><p>Other</p>',
    [],
    { extraction: { include: ['.box'], exclude: ['i'] }, blocks: ['paragraph: $90'] },
  ),
  ok('only what XPath includes', '<h1>Lamp</h1><ul><li>One</li><li data-x="1">Two</li></ul>', [], {
    extraction: { include: ['//li[@data-x="1"]'] },
    blocks: ['list_item: Two'],
  }),
  ok(
    'all but what is excluded',
    '<h1>Lamp</h1><p class="clock">12:00:01</p><p>$90</p>',
    ['heading: Lamp', 'paragraph: $90'],
    { extraction: { exclude: ['.clock'] } },
  ),
  {
    ...ok('a selector that picks nothing', '<h1>Lamp</h1>', []),
    extraction: { include: ['.gone'] },
    outcome: 'empty',
    blocks: [],
  },
  {
    ...ok('a selector that is none', '<h1>Lamp</h1>', []),
    extraction: { include: ['p[['] },
    outcome: 'unsupported',
    blocks: [],
  },
  ok(
    'hidden parts, scripts, templates and comments are no text',
    `<h1>Shown</h1><p hidden>no</p><template>no</template><noscript>no</noscript><svg><text>no</text></svg>
     <p aria-hidden="true">no</p><dialog>no</dialog><!-- no --><details><summary>More</summary>Folded</details>`,
    ['heading: Shown', 'paragraph: More', 'paragraph: Folded'],
  ),
];
