import type { Block } from '@torale/contracts';
import type { BlockList } from './block-list.ts';
import type { HtmlElement } from './html-tree.ts';
import { textOf } from './inline-text.ts';
import { normaliseText } from './normalise-text.ts';

interface Offer {
  name: string;
  price: string;
  currency: string;
  /** `InStock`, of whatever vocabulary's address. */
  availability: string;
}

/** Beyond these a catalogue is read by its page. */
const maxOffers = 50;
const maxNodes = 20_000;

const availabilityWords: [pattern: RegExp, label: string, shown: RegExp][] = [
  [
    /^(InStock|LimitedAvailability|InStoreOnly|OnlineOnly)$/i,
    'In stock',
    /in stock|available|add to (cart|bag|basket)|buy now|auf lager|lieferbar|en stock|disponib|op voorraad|på lager|in den warenkorb/i,
  ],
  [
    /^(OutOfStock|SoldOut|Discontinued)$/i,
    'Out of stock',
    /(out of|not in) stock|sold[ -]?out|unavailable|not available|discontinued|ausverkauft|nicht (lieferbar|verfügbar)|épuisé|rupture|agotado|esaurito|uitverkocht/i,
  ],
  [/^(PreOrder|PreSale)$/i, 'Pre-order', /pre-?(order|sale)|vorbestell|précommand/i],
  [/^BackOrder$/i, 'Back-order', /back-?order|nachbestell/i],
];

/**
 * Adds to the blocks of a page the prices and availabilities that it tells machines and does not show: linked data,
 * microdata and product metadata.
 */
export function addHiddenOffers(list: BlockList, html: string, root: HtmlElement): void {
  const offers = [...linkedOffers(html), ...markedOffers(root)].slice(0, maxOffers);
  if (offers.length === 0) return;
  const shown = new ShownValues(list.blocks);
  const names = new Set(offers.map(({ name }) => name));
  const told = new Set<string>();
  list.standUnder([]);
  for (const { name, price, currency, availability } of offers) {
    const tell = (label: string, value: string) => {
      const text = `${names.size > 1 && name ? `${name} – ` : ''}${label}: ${value}`;
      if (!told.has(text)) list.add('definition', text);
      told.add(text);
    };
    if (price && !shown.hasAmount(price)) tell('Price', `${price} ${currency}`.trim());
    const known = availabilityWords.find(([pattern]) => pattern.test(availability));
    if (known ? !shown.has(known[2]) : availability) tell('Availability', known?.[1] ?? availability);
  }
}

/** What a reader of the page has before their eyes. */
class ShownValues {
  readonly #text: string;
  readonly #amounts = new Set<string>();

  constructor(blocks: readonly Block[]) {
    this.#text = blocks.map(({ text }) => text).join('\n');
    const amount =
      /(\p{Sc}|\b[A-Z]{3})?\s?(\d+(?:[.,'’  \u202f]\d{3})*(?:[.,]\d{1,2})?)(?!\d)\s?(\p{Sc}|[A-Z]{3}\b)?/gu;
    for (const [, before, digits, after] of this.#text.matchAll(amount)) {
      // A bare 4 is a number of reviews.
      const isMoney = before !== undefined || after !== undefined || digits!.length > 2;
      if (isMoney) this.#amounts.add(digits!.replace(/\D/g, ''));
    }
  }

  has(words: RegExp): boolean {
    return words.test(this.#text);
  }

  /** However its decimals are written. */
  hasAmount(price: string): boolean {
    const cents = Math.round(Number(price) * 100);
    if (!Number.isFinite(cents)) return this.#text.includes(price);
    return [1, 10, 100].some((unit) => cents % unit === 0 && this.#amounts.has(String(cents / unit)));
  }
}

function* linkedDataIn(html: string): Generator<string> {
  const opening = /<script\b[^>]{0,500}>/gi;
  for (let tag = opening.exec(html); tag; tag = opening.exec(html)) {
    if (!/application\/ld\+json/i.test(tag[0])) continue;
    const end = html.indexOf('</script', opening.lastIndex);
    if (end < 0) return;
    yield html.slice(opening.lastIndex, end);
  }
}

function* linkedOffers(html: string): Generator<Offer> {
  for (const json of linkedDataIn(html)) {
    const work: { value: unknown; name: string }[] = [{ value: parsed(json), name: '' }];
    for (let item = work.pop(), seen = 0; item && seen < maxNodes; item = work.pop(), seen++) {
      const { value } = item;
      if (typeof value !== 'object' || value === null) continue;
      const node = value as Record<string, unknown>;
      const name = textIn(node['name']) || item.name;
      const price = textIn(node['price'] ?? node['lowPrice']);
      const availability = lastPart(textIn(node['availability']));
      if (price || availability) {
        yield { name, price: plainPrice(price), currency: textIn(node['priceCurrency']), availability };
      }
      for (const key of Object.keys(node).reverse()) work.push({ value: node[key], name });
    }
  }
}

/** Those of microdata, item by item, and of `<meta property="product:price:amount">`. */
function* markedOffers(root: HtmlElement): Generator<Offer> {
  const items: Record<string, string>[] = [];
  const page: Record<string, string> = {};
  const work: { element: HtmlElement; item: Record<string, string> }[] = [{ element: root, item: {} }];
  for (let next = work.pop(); next; next = work.pop()) {
    const { element } = next;
    const { attributes } = element;
    let { item } = next;
    const property = attributes['itemprop'];
    if (attributes['itemscope'] !== undefined) {
      // An offer goes by the name of the product around it.
      item = { ...(item['name'] && { name: item['name'] }) };
      items.push(item);
    } else if (property !== undefined) {
      item[property] ??=
        attributes['content'] ?? attributes['href'] ?? normaliseText(textOf(element, new Set()));
    } else if (
      element.name === 'meta' &&
      /^(product|og):(price:|availability)/.test(attributes['property'] ?? '')
    ) {
      page[attributes['property']!.replace(/^(product|og):/, '')] ??= attributes['content'] ?? '';
    }
    for (let i = element.children.length - 1; i >= 0; i--) {
      const child = element.children[i]!;
      if (typeof child !== 'string') work.push({ element: child, item });
    }
  }
  items.push({
    price: page['price:amount'] ?? '',
    priceCurrency: page['price:currency'] ?? '',
    availability: (page['availability'] ?? '').replaceAll(/\s/g, ''),
  });
  for (const item of items) {
    const price = plainPrice(item['price'] ?? item['lowPrice'] ?? '');
    const availability = lastPart(item['availability'] ?? '');
    if (price || availability) {
      yield { name: item['name'] ?? '', price, currency: item['priceCurrency'] ?? '', availability };
    }
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Broken linked data says nothing; the page itself still does.
    return undefined;
  }
}

const textIn = (value: unknown): string =>
  typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
const lastPart = (address: string): string => address.slice(address.lastIndexOf('/') + 1);
/** `$1,299.00` and `1299.00` are one price. */
const plainPrice = (price: string): string =>
  /^\D{0,4}\d{1,3}(,\d{3})*(\.\d+)?\D{0,4}$/.test(price) ? price.replace(/[^\d.]/g, '') : price;
