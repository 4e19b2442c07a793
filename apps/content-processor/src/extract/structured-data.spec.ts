import { BlockList } from './block-list.ts';
import { addHtmlBlocks } from './html-blocks.ts';
import { parseHtml } from './html-tree.ts';
import { addHiddenOffers } from './structured-data.ts';

function hiddenOffers(html: string): string[] {
  const list = new BlockList(100);
  const root = parseHtml(html);
  addHtmlBlocks(list, root);
  const shown = list.blocks.length;
  addHiddenOffers(list, html, root);
  return list.blocks.slice(shown).map(({ text }) => text);
}
const linked = (value: unknown) => `<script type="application/ld+json">${JSON.stringify(value)}</script>`;
const lamp = (price: unknown, availability = 'https://schema.org/InStock') => ({
  '@context': 'https://schema.org',
  '@graph': [
    {
      '@type': 'Product',
      name: 'Lamp',
      offers: { '@type': 'Offer', price, priceCurrency: 'USD', availability },
    },
  ],
});

test('a price and an availability that only machines are told become blocks', () => {
  expect(hiddenOffers(`<h1>Lamp</h1>${linked(lamp('90.74'))}`)).toEqual([
    'Price: 90.74 USD',
    'Availability: In stock',
  ]);
  expect(hiddenOffers(`<h1>Lamp</h1>${linked(lamp(90, 'SoldOut'))}`)).toEqual([
    'Price: 90 USD',
    'Availability: Out of stock',
  ]);
});

test.each(['$90.74', '90,74 €', '<b>USD</b> 90<!-- -->.74', '90.74'])(
  '%s on the page is the price told',
  (price) => {
    expect(
      hiddenOffers(`<h1>Lamp</h1><p>${price}</p><button>Add to cart</button>${linked(lamp(90.74))}`),
    ).toEqual([]);
  },
);

test('thousands and round prices are seen, a number of reviews is none', () => {
  const soldOut = '<p>Sold out</p>';
  expect(hiddenOffers(`<p>$1,299</p>${soldOut}${linked(lamp('1299.00', 'OutOfStock'))}`)).toEqual([]);
  expect(hiddenOffers(`<p>4 reviews</p>${soldOut}${linked(lamp(4, 'OutOfStock'))}`)).toEqual([
    'Price: 4 USD',
  ]);
});

test('several offers are told apart by their names', () => {
  const offers = [
    { '@type': 'Offer', name: 'Sand', price: '90' },
    { '@type': 'Offer', name: 'Slate', price: '95', availability: 'PreOrder' },
  ];
  expect(hiddenOffers(`<h1>Lamp</h1>${linked({ '@type': 'Product', name: 'Lamp', offers })}`)).toEqual([
    'Sand – Price: 90',
    'Slate – Price: 95',
    'Slate – Availability: Pre-order',
  ]);
});

test('microdata and product metadata', () => {
  const microdata = `<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Lamp</h1>
    <div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="price" content="90.74">
    <meta itemprop="priceCurrency" content="EUR"><link itemprop="availability" href="https://schema.org/OutOfStock"></div></div>`;
  expect(hiddenOffers(microdata)).toEqual(['Price: 90.74 EUR', 'Availability: Out of stock']);
  expect(
    hiddenOffers(
      '<meta property="product:price:amount" content="45"><meta property="product:price:currency" content="EUR"><h1>Lamp</h1>',
    ),
  ).toEqual(['Price: 45 EUR']);
});

test('broken linked data is passed over', () => {
  expect(hiddenOffers('<script type="application/ld+json">{"price": 5,</script><h1>Lamp</h1>')).toEqual([]);
});
