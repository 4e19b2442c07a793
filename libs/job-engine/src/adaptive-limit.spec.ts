import { AdaptiveLimit } from './adaptive-limit.ts';

/** As many jobs as make one sample at any limit below 100. */
function sample(limit: AdaptiveLimit, durationMs: number, options: { failed?: number; busy?: boolean } = {}) {
  const { failed = 0, busy = true } = options;
  if (busy) limit.reached();
  const size = Math.max(limit.value, 8);
  for (let job = 0; job < size; job++) limit.ended(durationMs, job < failed * size);
  return limit.value;
}
const samples = (limit: AdaptiveLimit, count: number, durationMs: number) =>
  Array.from({ length: count }, () => sample(limit, durationMs));

test('begins at the minimum and doubles up to the maximum while all goes well', () => {
  const limit = new AdaptiveLimit({ min: 2, max: 20 });
  expect(limit.value).toBe(2);
  expect(samples(limit, 5, 100)).toEqual([4, 8, 16, 20, 20]);
});

test('begins where it is told to, within its bounds', () => {
  expect(new AdaptiveLimit({ min: 2, max: 20, start: 10 }).value).toBe(10);
  expect(new AdaptiveLimit({ min: 2, max: 20, start: 1 }).value).toBe(2);
  expect(new AdaptiveLimit({ min: 2, max: 20, start: 30 }).value).toBe(20);
});

test('does not grow while it is not reached', () => {
  const limit = new AdaptiveLimit({ min: 2, max: 20 });
  expect(sample(limit, 100, { busy: false })).toBe(2);
});

test('shrinks by a quarter when jobs take more than twice as long, then grows by one', () => {
  const limit = new AdaptiveLimit({ min: 2, max: 64 });
  samples(limit, 4, 100);
  expect(limit.value).toBe(32);
  expect(sample(limit, 201)).toBe(24);
  expect(samples(limit, 3, 100)).toEqual([25, 26, 27]);
});

test('does not look at differences that nobody notices', () => {
  const limit = new AdaptiveLimit({ min: 2, max: 64 });
  sample(limit, 0.1);
  expect(sample(limit, 15)).toBe(8);
});

test('bears what takes a little longer', () => {
  const limit = new AdaptiveLimit({ min: 2, max: 64 });
  sample(limit, 100);
  expect(sample(limit, 190)).toBe(8);
});

test('one slow job among many is not a slow sample', () => {
  const limit = new AdaptiveLimit({ min: 8, max: 64 });
  limit.reached();
  for (let job = 0; job < 7; job++) limit.ended(100, false);
  limit.ended(60_000, false);
  expect(limit.value).toBe(16);
});

test('halves when more than a third fails, down to the minimum', () => {
  const limit = new AdaptiveLimit({ min: 3, max: 64 });
  samples(limit, 4, 100);
  expect(limit.value).toBe(48);
  expect([1, 2, 3, 4, 5].map(() => sample(limit, 1, { failed: 0.5 }))).toEqual([24, 12, 6, 3, 3]);
});

test('quick failures do not make what follows look slow', () => {
  const limit = new AdaptiveLimit({ min: 2, max: 64 });
  samples(limit, 3, 100);
  sample(limit, 1, { failed: 1 });
  expect(sample(limit, 100)).toBe(9);
});

test('bears a fifth that fails: single receivers that are down are nobody else’s fault', () => {
  const limit = new AdaptiveLimit({ min: 10, max: 64 });
  expect(sample(limit, 100, { failed: 0.2 })).toBe(20);
});

test('gets used to jobs that have become slower for good', () => {
  const limit = new AdaptiveLimit({ min: 2, max: 16 });
  samples(limit, 5, 100);
  samples(limit, 20, 300);
  const before = limit.value;
  samples(limit, 20, 300);
  expect(limit.value).toBeGreaterThan(before - 1);
  expect(limit.value).toBe(16);
});

test('stays where minimum and maximum are the same', () => {
  const limit = new AdaptiveLimit({ min: 4, max: 4 });
  samples(limit, 3, 100);
  sample(limit, 100, { failed: 1 });
  expect(limit.value).toBe(4);
});
