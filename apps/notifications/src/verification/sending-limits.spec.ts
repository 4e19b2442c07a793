import { limits, type Sent, waitOf } from './sending-limits.ts';

const none: Sent = { count: 0, first_ago: 0, last_ago: 0 };
const sent = (count: number, first_ago: number, last_ago: number): Sent => ({ count, first_ago, last_ago });

it.each<[string, Sent, Sent, Sent, number]>([
  ['nothing was sent', none, none, none, 0],
  ['one was sent a moment ago', sent(1, 5, 5), sent(1, 5, 5), sent(1, 5, 5), 55],
  ['one was sent a minute ago', sent(1, 60, 60), sent(1, 60, 60), sent(1, 60, 60), 0],
  ['another place got one a moment ago', none, sent(1, 5, 5), none, 0],
  ['the place got its five', sent(5, 80_000, 100), sent(5, 80_000, 100), sent(5, 80_000, 100), 6_400],
  ['the user had their twenty', none, sent(20, 86_000, 1), none, 400],
  ['others had ten sent to the place', none, none, sent(10, 1_000, 1), 85_400],
  ['the longest wait counts', sent(5, 86_399.5, 1), sent(20, 86_000, 1), sent(5, 86_399.5, 1), 400],
])('when %s, the wait is known', (_, to_place, for_user, for_anyone, seconds) => {
  expect(waitOf({ to_place, for_user, for_anyone }, limits.code)).toBe(seconds);
});
