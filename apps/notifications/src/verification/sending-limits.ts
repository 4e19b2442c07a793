const minute = 60;
const day = 86_400;

/** Why something is sent at the word of a user. */
export type Purpose = 'code' | 'sample';

/** What was sent within the last day: how much of it, and how long ago the first and the last was, seconds. */
export interface Sent {
  count: number;
  first_ago: number;
  last_ago: number;
}

export interface SentWithinADay {
  /** To the place, for the user. */
  to_place: Sent;
  /** For the user, wherever. */
  for_user: Sent;
  /** To the place, for whomever. */
  for_anyone: Sent;
}

export interface Limits {
  /** Between two to one place for one user, seconds. */
  gap: number;
  /** Within a day. */
  to_place: number;
  for_user: number;
  for_anyone: number;
}

/** Samples go only where their receiver has agreed to be told. */
export const limits: Record<Purpose, Limits> = {
  code: { gap: minute, to_place: 5, for_user: 20, for_anyone: 10 },
  sample: { gap: 10, to_place: 50, for_user: 200, for_anyone: 200 },
};

/** Seconds until one more may be sent; 0 when it may be now. */
export function waitOf(sent: SentWithinADay, { gap, ...ofADay }: Limits): number {
  const untilGap = sent.to_place.count > 0 ? gap - sent.to_place.last_ago : 0;
  const untilRoom = (['to_place', 'for_user', 'for_anyone'] as const).map((scope) =>
    sent[scope].count >= ofADay[scope] ? day - sent[scope].first_ago : 0,
  );
  return Math.max(0, Math.ceil(Math.max(untilGap, ...untilRoom)));
}
