import { watchesValue } from './watches-value.ts';

it.each([
  'Tell me when the price at http://127.0.0.1:8123/product drops below $500',
  'unter 500 €',
  'when it costs less than 20 EUR',
  'is the sofa back in stock',
  'Preis des Fahrrads',
  'この商品の価格',
])('%s: a value', (text) => expect(watchesValue(text)).toBe(true));

it.each([
  'tell me about new posts on https://example.com/blog',
  'when the next Pixel gets a release date',
  'a new version after 3.2 is released',
  'the host cities of 2028 are announced',
])('%s: something new', (text) => expect(watchesValue(text)).toBe(false));
