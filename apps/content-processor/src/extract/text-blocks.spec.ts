import { jsonBlocks, textBlocks } from './text-blocks.ts';

test('plain text is paragraphs, and lines where a paragraph is long', () => {
  const long = Array.from({ length: 300 }, (_, i) => `line number ${i}`);
  const blocks = textBlocks(`One\r\nstill one\r\n\r\nTwo\n \n${long.join('\n')}`, 1000);
  expect(blocks.slice(0, 2).map(({ text }) => text)).toEqual(['One still one', 'Two']);
  expect(blocks).toHaveLength(302);
});

test('JSON is one block per value', () => {
  const json = JSON.stringify({
    offers: [{ price: 549, stock: true }, { price: null }],
    'a b': { c: 'x' },
    none: [],
  });
  expect(jsonBlocks(json, 100).map(({ text }) => text)).toEqual([
    'offers[].price: 549',
    'offers[].stock: true',
    'offers[].price: null',
    'a b.c: x',
  ]);
});

test('deep JSON is read too', () => {
  const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
  expect(jsonBlocks(deep, 100)).toHaveLength(1);
});
