import { attemptsAllowed } from './delivery-failure.ts';

it.each([
  ['transient', 10, 10],
  ['transient', 1, 1],
  ['doubtful', 10, 3],
  ['doubtful', 2, 2],
  ['permanent', 10, 1],
  ['gone', 10, 1],
] as const)('a %s failure gets, of %i attempts, %i', (kind, maxAttempts, allowed) => {
  expect(attemptsAllowed(kind, maxAttempts)).toBe(allowed);
});
