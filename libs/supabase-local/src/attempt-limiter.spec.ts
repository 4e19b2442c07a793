import { AttemptLimiter } from './attempt-limiter.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('allows as many attempts as the limit in one window, per key', () => {
  const limiter = new AttemptLimiter(2, 1000);
  expect([limiter.take('a'), limiter.take('a'), limiter.take('a')]).toEqual([true, true, false]);
  expect(limiter.take('b')).toBe(true);
  jest.advanceTimersByTime(1000);
  expect(limiter.take('a')).toBe(true);
});

test('forgets attempts when they are reset', () => {
  const limiter = new AttemptLimiter(1, 1000);
  limiter.take('a');
  limiter.reset('a');
  expect(limiter.take('a')).toBe(true);
});

test('knows no more keys than it may', () => {
  const limiter = new AttemptLimiter(1, 1000, 2);
  limiter.take('a');
  limiter.take('b');
  limiter.take('c');
  expect(limiter.take('b')).toBe(false);
  expect(limiter.take('a')).toBe(true);
});
