import { parseRetryAfter } from './retry-after.ts';

const now = Date.parse('2026-11-22T12:00:00Z');

test.each([
  ['5', 5000],
  [' 120 ', 120_000],
  ['0', 0],
  ['Sun, 22 Nov 2026 12:01:00 GMT', 60_000],
  ['Sunday, 22-Nov-26 12:01:00 GMT', 60_000],
  ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
  ['soon', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['2026', 2_026_000],
  ['Infinity', undefined],
  ['', undefined],
  [undefined, undefined],
])('%s asks for %s ms', (value, expected) => {
  expect(parseRetryAfter(value, now)).toBe(expected);
});
