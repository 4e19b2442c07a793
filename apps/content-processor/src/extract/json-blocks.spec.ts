import type { Extraction } from '@torale/contracts';
import { jsonBlocks } from './json-blocks.ts';

const all: Pick<Extraction, 'include' | 'exclude'> = { include: [], exclude: [] };
const linesOf = (value: unknown, selectors: Partial<typeof all> = {}) =>
  jsonBlocks(typeof value === 'string' ? value : JSON.stringify(value), 100, { ...all, ...selectors }).map(
    ({ text }) => text,
  );

test('one block per value, whatever the order of keys and the place in an array', () => {
  expect(linesOf({ stock: true, 'a b': { c: 'x' }, none: [], more: null })).toEqual([
    'a b.c: x',
    'more: null',
    'stock: true',
  ]);
  expect(linesOf('{"b":1,"a":[{"d":2,"c":3}]}')).toEqual(linesOf('{"a":[{"c":3,"d":2}],"b":1}'));
  expect(linesOf([5, 6])).toEqual(['[]: 5', '[]: 6']);
});

test('items go by their names, where each has one of its own', () => {
  const plans = [
    { id: 1, name: 'Solo', price: 9 },
    { id: 2, name: 'Team', price: 29 },
  ];
  expect(linesOf({ plans })).toEqual([
    'plans[Solo].id: 1',
    'plans[Solo].name: Solo',
    'plans[Solo].price: 9',
    'plans[Team].id: 2',
    'plans[Team].name: Team',
    'plans[Team].price: 29',
  ]);
  expect(jsonBlocks(JSON.stringify({ plans }), 100, all)[5]!.path).toEqual(['Team']);
  expect(linesOf(plans.map((plan) => ({ ...plan, name: 'same' })))).toContain('[2].price: 29');
  expect(linesOf([{ price: 9 }, { price: 29 }])).toEqual(['[].price: 9', '[].price: 29']);
});

test('a value that moves to another item is a difference', () => {
  const prices = (a: number, b: number) =>
    linesOf([
      { name: 'A', price: a },
      { name: 'B', price: b },
    ]).sort();
  expect(prices(1, 2)).not.toEqual(prices(2, 1));
});

test('numbers that a double cannot hold keep their digits', () => {
  expect(linesOf('{"id": 12345678901234567891, "price": 1.50}')).toEqual([
    'id: 12345678901234567891',
    'price: 1.5',
  ]);
});

test('JSONPath picks parts, and leaves parts out before', () => {
  const shop = {
    offers: [
      { name: 'A', price: 5, views: 7 },
      { name: 'B', price: 6 },
    ],
    at: 'now',
  };
  expect(linesOf(shop, { exclude: ['$.at', '$..views'] })).toEqual([
    'offers[A].name: A',
    'offers[A].price: 5',
    'offers[B].name: B',
    'offers[B].price: 6',
  ]);
  expect(linesOf(shop, { include: ['$.offers[?@.name == "B"]', '$.offers[0].price'] })).toEqual([
    'offers[A].price: 5',
    'offers[B].name: B',
    'offers[B].price: 6',
  ]);
  expect(linesOf(shop, { include: ['$.offers[*]'], exclude: ['$..name', '$..price'] })).toEqual([
    'offers[A].views: 7',
  ]);
  for (const [include, outcome] of [
    ['$.gone', 'empty'],
    ['$.offers[?', 'unsupported'],
    ['.offers', 'unsupported'],
  ] as const) {
    expect(() => linesOf(shop, { include: [include] })).toThrow(expect.objectContaining({ outcome }));
  }
});

test('deep JSON is read too', () => {
  expect(linesOf(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`)).toHaveLength(1);
});
