import type { Weekday } from '@torale/contracts';
import { nextCheck, type CheckSchedule, type TimeWindow } from '../src/index.ts';

const Berlin = 'Europe/Berlin'; // 2026: +1, from 29 March 02:00 on +2, from 25 October 03:00 on +1
const NewYork = 'America/New_York'; // -5, from 8 March 02:00 on -4, from 1 November 02:00 on -5
const LordHowe = 'Australia/Lord_Howe'; // +11, from 5 April 02:00 on +10:30, from 4 October 02:00 on +11
const Santiago = 'America/Santiago'; // -3, from 5 April 00:00 on -4, from 6 September 00:00 on -3
const Auckland = 'Pacific/Auckland'; // +13, from 5 April 03:00 on +12, from 27 September 02:00 on +13
const Kolkata = 'Asia/Kolkata'; // +5:30
const Kathmandu = 'Asia/Kathmandu'; // +5:45
const Tokyo = 'Asia/Tokyo'; // +9
const Casablanca = 'Africa/Casablanca'; // +1, but +0 in Ramadan: in 2026 from 15 February 03:00 to 22 March 02:00
const UTC = 'UTC';

const plain = { windows: [], jitter_seconds: 0 };
const cron = (expression: string, time_zone: string): CheckSchedule => ({
  cron: expression,
  time_zone,
  ...plain,
});
const every = (interval_seconds: number): CheckSchedule => ({ interval_seconds, ...plain });
const within = (schedule: CheckSchedule, ...windows: TimeWindow[]): CheckSchedule => ({
  ...schedule,
  windows,
});
const window = (from: string, to: string, time_zone: string, days?: Weekday[]): TimeWindow => ({
  from,
  to,
  time_zone,
  ...(days && { days }),
});
const HOUR = 3600;
const DAY = 24 * HOUR;

/** What it is, the schedule, after when (also when the last check was planned), and the checks that follow. */
type Case = [string, CheckSchedule, string, string[]];

// prettier-ignore
const plainDays: Case[] = [
  ['weekdays at nine', cron('0 9 * * 1-5', Berlin), '2026-06-05T08:59+02:00', ['2026-06-05T09:00+02:00', '2026-06-08T09:00+02:00']],
  ['nine o’clock is not after nine o’clock', cron('0 9 * * *', Berlin), '2026-06-05T09:00+02:00', ['2026-06-06T09:00+02:00']],
  ['two days of the week', cron('30 18 * * 1,4', Tokyo), '2026-06-02T00:00+09:00', ['2026-06-04T18:30+09:00', '2026-06-08T18:30+09:00']],
  ['a day there that is another here', cron('0 1 * * 1', Tokyo), '2026-06-07T00:00+00:00', ['2026-06-08T01:00+09:00', '2026-06-15T01:00+09:00']],
  ['a zone of half an hour', cron('0 9 * * *', Kolkata), '2026-06-05T00:00+00:00', ['2026-06-05T09:00+05:30', '2026-06-06T09:00+05:30']],
  ['full hours of a zone of half an hour', cron('0 * * * *', Kolkata), '2026-06-05T00:00+00:00', ['2026-06-05T06:00+05:30', '2026-06-05T07:00+05:30']],
  ['a zone of three quarters', cron('15 6 * * *', Kathmandu), '2026-06-05T00:00+00:00', ['2026-06-05T06:15+05:45', '2026-06-06T06:15+05:45']],
  ['no change of clocks in Japan', cron('30 2 * * *', Tokyo), '2026-03-28T12:00+09:00', ['2026-03-29T02:30+09:00', '2026-03-30T02:30+09:00']],
  ['midnight', cron('0 0 * * *', NewYork), '2026-06-05T23:59-04:00', ['2026-06-06T00:00-04:00']],
  ['new year, in the east first', cron('0 0 1 1 *', Auckland), '2026-12-31T10:59+00:00', ['2027-01-01T00:00+13:00', '2028-01-01T00:00+13:00']],
  ['names of days and months', cron('0 12 * JAN,DEC MON', UTC), '2026-11-22T00:00+00:00', ['2026-12-07T12:00+00:00', '2026-12-14T12:00+00:00']],
  ['Sunday is 0 and 7', cron('0 12 * * 7', UTC), '2026-11-21T00:00+00:00', ['2026-11-22T12:00+00:00', '2026-11-29T12:00+00:00']],
  ['a day of the month or of the week', cron('0 12 13 * 5', UTC), '2026-11-12T13:00+00:00', ['2026-11-13T12:00+00:00', '2026-11-20T12:00+00:00']],
];

// prettier-ignore
const calendar: Case[] = [
  ['the first of the month', cron('0 12 1 * *', Berlin), '2026-01-31T12:00+01:00', ['2026-02-01T12:00+01:00', '2026-03-01T12:00+01:00', '2026-04-01T12:00+02:00']],
  ['the 31st, where there is one', cron('0 12 31 * *', Tokyo), '2026-01-31T13:00+09:00', ['2026-03-31T12:00+09:00', '2026-05-31T12:00+09:00']],
  ['the 30th leaves out February', cron('0 0 30 * *', UTC), '2026-01-30T00:00+00:00', ['2026-03-30T00:00+00:00']],
  ['the last day of every month', cron('59 23 L * *', NewYork), '2026-01-31T23:59-05:00', ['2026-02-28T23:59-05:00', '2026-03-31T23:59-04:00', '2026-04-30T23:59-04:00']],
  ['the last day of a leap February', cron('0 9 L 2 *', Kolkata), '2027-03-01T00:00+05:30', ['2028-02-29T09:00+05:30', '2029-02-28T09:00+05:30']],
  ['leap day', cron('0 9 29 2 *', Berlin), '2026-01-01T00:00+01:00', ['2028-02-29T09:00+01:00', '2032-02-29T09:00+01:00']],
  ['leap day in the east, before UTC has it', cron('30 0 29 2 *', Auckland), '2028-02-28T11:00+00:00', ['2028-02-29T00:30+13:00']],
  ['the first Monday', cron('0 10 * * 1#1', Berlin), '2026-03-02T10:00+01:00', ['2026-04-06T10:00+02:00', '2026-05-04T10:00+02:00']],
  ['the last Friday', cron('0 10 * * 5#L', Berlin), '2026-10-01T00:00+02:00', ['2026-10-30T10:00+01:00', '2026-11-27T10:00+01:00']],
  ['the first working day', cron('0 9 1W * *', UTC), '2026-08-01T00:00+00:00', ['2026-08-03T09:00+00:00', '2026-09-01T09:00+00:00']],
];

// prettier-ignore
const forward: Case[] = [
  ['Berlin: what does not exist comes after the gap', cron('30 2 * * *', Berlin), '2026-03-28T03:00+01:00', ['2026-03-29T03:00+02:00', '2026-03-30T02:30+02:00']],
  ['Berlin: also the first minute of the gap', cron('0 2 * * *', Berlin), '2026-03-28T03:00+01:00', ['2026-03-29T03:00+02:00', '2026-03-30T02:00+02:00']],
  ['Berlin: before the gap nothing moves', cron('59 1 * * *', Berlin), '2026-03-28T03:00+01:00', ['2026-03-29T01:59+01:00', '2026-03-30T01:59+02:00']],
  ['Berlin: two times in the gap come once', cron('15,45 2 * * *', Berlin), '2026-03-28T03:00+01:00', ['2026-03-29T03:00+02:00', '2026-03-30T02:15+02:00', '2026-03-30T02:45+02:00']],
  ['Berlin: a time in the gap and one after it meet', cron('0 2,3 * * *', Berlin), '2026-03-28T04:00+01:00', ['2026-03-29T03:00+02:00', '2026-03-30T02:00+02:00']],
  ['Berlin: every quarter of an hour goes on', cron('*/15 * * * *', Berlin), '2026-03-29T01:40+01:00', ['2026-03-29T01:45+01:00', '2026-03-29T03:00+02:00', '2026-03-29T03:15+02:00']],
  ['Berlin: half past every hour leaves one out', cron('30 * * * *', Berlin), '2026-03-29T01:00+01:00', ['2026-03-29T01:30+01:00', '2026-03-29T03:30+02:00']],
  ['Berlin: nine is nine', cron('0 9 * * *', Berlin), '2026-03-28T09:00+01:00', ['2026-03-29T09:00+02:00']],
  ['New York: comes after the gap', cron('30 2 * * *', NewYork), '2026-03-07T03:00-05:00', ['2026-03-08T03:00-04:00', '2026-03-09T02:30-04:00']],
  ['New York: only on Sundays, and that Sunday too', cron('5 2 * * 0', NewYork), '2026-03-01T03:00-05:00', ['2026-03-08T03:00-04:00', '2026-03-15T02:05-04:00']],
  ['Lord Howe: a gap of half an hour', cron('15 2 * * *', LordHowe), '2026-10-03T03:00+10:30', ['2026-10-04T02:30+11:00', '2026-10-05T02:15+11:00']],
  ['Lord Howe: its end is not in it', cron('30 2 * * *', LordHowe), '2026-10-03T03:00+10:30', ['2026-10-04T02:30+11:00']],
  ['Santiago: midnight does not exist', cron('0 0 * * *', Santiago), '2026-09-05T12:00-04:00', ['2026-09-06T01:00-03:00', '2026-09-07T00:00-03:00']],
  ['Santiago: the date is kept, Sunday only', cron('30 0 * * 0', Santiago), '2026-09-05T12:00-04:00', ['2026-09-06T01:00-03:00', '2026-09-13T00:30-03:00']],
  ['Auckland: forward in September', cron('30 2 * * *', Auckland), '2026-09-26T12:00+12:00', ['2026-09-27T03:00+13:00', '2026-09-28T02:30+13:00']],
  ['Casablanca: forward after Ramadan', cron('30 2 * * *', Casablanca), '2026-03-21T12:00+00:00', ['2026-03-22T03:00+01:00', '2026-03-23T02:30+01:00']],
  ['an interval knows no clocks', every(DAY), '2026-03-28T12:00+01:00', ['2026-03-29T13:00+02:00', '2026-03-30T13:00+02:00']],
];

// prettier-ignore
const back: Case[] = [
  ['Berlin: what exists twice comes once', cron('30 2 * * *', Berlin), '2026-10-24T03:00+02:00', ['2026-10-25T02:30+02:00', '2026-10-26T02:30+01:00']],
  ['Berlin: and not again when it was just made', cron('30 2 * * *', Berlin), '2026-10-25T02:30+02:00', ['2026-10-26T02:30+01:00']],
  ['Berlin: nor when it was missed at first', cron('30 2 * * *', Berlin), '2026-10-25T02:00+01:00', ['2026-10-26T02:30+01:00']],
  ['Berlin: a list of times, each once', cron('30 1,2,3 * * *', Berlin), '2026-10-25T00:00+02:00', ['2026-10-25T01:30+02:00', '2026-10-25T02:30+02:00', '2026-10-25T03:30+01:00']],
  ['Berlin: every half hour goes on through both hours', cron('*/30 * * * *', Berlin), '2026-10-25T02:10+02:00', ['2026-10-25T02:30+02:00', '2026-10-25T02:00+01:00', '2026-10-25T02:30+01:00', '2026-10-25T03:00+01:00']],
  ['Berlin: hourly is 25 times that day', cron('0 * * * *', Berlin), '2026-10-25T01:30+02:00', ['2026-10-25T02:00+02:00', '2026-10-25T02:00+01:00', '2026-10-25T03:00+01:00']],
  ['New York: comes once', cron('30 1 * * *', NewYork), '2026-10-31T12:00-04:00', ['2026-11-01T01:30-04:00', '2026-11-02T01:30-05:00']],
  ['New York: the first of the month, once', cron('0 1 1 * *', NewYork), '2026-10-31T12:00-04:00', ['2026-11-01T01:00-04:00', '2026-12-01T01:00-05:00']],
  ['Lord Howe: half an hour twice', cron('45 1 * * *', LordHowe), '2026-04-04T12:00+11:00', ['2026-04-05T01:45+11:00', '2026-04-06T01:45+10:30']],
  ['Lord Howe: every quarter of an hour through it', cron('*/15 * * * *', LordHowe), '2026-04-05T01:40+11:00', ['2026-04-05T01:45+11:00', '2026-04-05T01:30+10:30', '2026-04-05T01:45+10:30', '2026-04-05T02:00+10:30']],
  ['Santiago: the last hour of Saturday twice', cron('30 23 * * 6', Santiago), '2026-04-04T12:00-03:00', ['2026-04-04T23:30-03:00', '2026-04-11T23:30-04:00']],
  ['Santiago: midnight once', cron('0 0 * * *', Santiago), '2026-04-04T12:00-03:00', ['2026-04-05T00:00-04:00', '2026-04-06T00:00-04:00']],
  ['Auckland: back in April', cron('30 2 * * *', Auckland), '2026-04-04T12:00+13:00', ['2026-04-05T02:30+13:00', '2026-04-06T02:30+12:00']],
  ['an interval knows no clocks', every(HOUR), '2026-10-25T02:15+02:00', ['2026-10-25T02:15+01:00', '2026-10-25T03:15+01:00']],
];

const office = (zone: string) => window('09:00', '17:00', zone, ['mon', 'tue', 'wed', 'thu', 'fri']);
// prettier-ignore
const windows: Case[] = [
  ['inside: nothing moves', within(every(HOUR), office(Berlin)), '2026-06-05T10:20+02:00', ['2026-06-05T11:20+02:00']],
  ['outside: the next window begins', within(every(HOUR), office(Berlin)), '2026-06-05T16:20+02:00', ['2026-06-08T09:00+02:00', '2026-06-08T10:00+02:00']],
  ['its end is outside', within(cron('0 * * * *', Berlin), office(Berlin)), '2026-06-04T16:00+02:00', ['2026-06-05T09:00+02:00']],
  ['many times outside are one check', within(cron('*/15 * * * *', Berlin), office(Berlin)), '2026-06-04T16:30+02:00', ['2026-06-04T16:45+02:00', '2026-06-05T09:00+02:00', '2026-06-05T09:15+02:00']],
  ['a window in another zone than the expression', within(cron('0 9 * * *', Tokyo), window('09:00', '10:00', NewYork)), '2026-06-05T00:00+09:00', ['2026-06-05T09:00-04:00']],
  ['the nearest of several windows', within(every(HOUR), window('06:00', '07:00', UTC), window('12:00', '13:00', UTC)), '2026-06-05T06:30+00:00', ['2026-06-05T12:00+00:00', '2026-06-06T06:00+00:00']],
  ['past midnight', within(every(2 * HOUR), window('22:00', '06:00', Kolkata)), '2026-06-05T22:30+05:30', ['2026-06-06T00:30+05:30', '2026-06-06T02:30+05:30', '2026-06-06T04:30+05:30', '2026-06-06T22:00+05:30']],
  ['past midnight on Fridays only', within(every(6 * HOUR), window('22:00', '06:00', Berlin, ['fri'])), '2026-06-05T23:00+02:00', ['2026-06-06T05:00+02:00', '2026-06-12T22:00+02:00']],
  ['past the end of a month', within(every(4 * HOUR), window('23:00', '04:00', UTC)), '2026-02-28T23:30+00:00', ['2026-03-01T03:30+00:00', '2026-03-01T23:00+00:00']],
  ['past midnight into leap day', within(every(3 * HOUR), window('23:00', '03:00', Berlin, ['mon'])), '2028-02-28T23:00+01:00', ['2028-02-29T02:00+01:00', '2028-03-06T23:00+01:00']],
  ['all day', within(every(DAY), window('00:00', '00:00', UTC)), '2026-06-05T06:30+00:00', ['2026-06-06T06:30+00:00']],
  ['Sundays, from any day of the week', within(every(HOUR), window('10:00', '11:00', Tokyo, ['sun'])), '2026-06-01T00:00+09:00', ['2026-06-07T10:00+09:00', '2026-06-14T10:00+09:00']],
  ['Berlin, forward: a day later is outside, an hour too late', within(every(DAY), window('09:00', '10:00', Berlin)), '2026-03-28T09:00+01:00', ['2026-03-30T09:00+02:00', '2026-03-31T09:00+02:00']],
  ['Berlin, forward: a window that begins in the gap begins after it', within(every(DAY), window('02:30', '05:00', Berlin)), '2026-03-28T02:30+01:00', ['2026-03-29T03:30+02:00', '2026-03-30T03:30+02:00']],
  ['Berlin, forward: from outside, the first instant after the gap', within(cron('0 0 * * *', Berlin), window('02:30', '05:00', Berlin)), '2026-03-28T12:00+01:00', ['2026-03-29T03:00+02:00', '2026-03-30T02:30+02:00']],
  ['Berlin, forward: a window within the gap is left out', within(cron('0 0 * * *', Berlin), window('02:10', '02:50', Berlin)), '2026-03-28T12:00+01:00', ['2026-03-30T02:10+02:00']],
  ['Berlin, forward: the night is an hour shorter', within(every(3 * HOUR), window('22:00', '06:00', Berlin)), '2026-03-28T22:30+01:00', ['2026-03-29T01:30+01:00', '2026-03-29T05:30+02:00', '2026-03-29T22:00+02:00']],
  ['Berlin, back: the night is an hour longer', within(every(3 * HOUR), window('22:00', '06:00', Berlin)), '2026-10-24T22:30+02:00', ['2026-10-25T01:30+02:00', '2026-10-25T03:30+01:00', '2026-10-25T22:00+01:00']],
  ['Berlin, back: both of the hour are inside', within(every(HOUR / 2), window('02:00', '03:00', Berlin)), '2026-10-25T02:00+02:00', ['2026-10-25T02:30+02:00', '2026-10-25T02:00+01:00', '2026-10-25T02:30+01:00', '2026-10-26T02:00+01:00']],
  ['Berlin, back: what ends within the hour ends twice', within(every(HOUR / 4), window('22:00', '02:30', Berlin)), '2026-10-25T02:00+02:00', ['2026-10-25T02:15+02:00', '2026-10-25T02:00+01:00', '2026-10-25T02:15+01:00', '2026-10-25T22:00+01:00']],
  ['New York, forward: past midnight', within(every(2 * HOUR), window('23:00', '04:00', NewYork)), '2026-03-07T23:30-05:00', ['2026-03-08T01:30-05:00', '2026-03-08T23:00-04:00']],
  ['New York, back: past midnight', within(every(2 * HOUR), window('23:00', '04:00', NewYork)), '2026-10-31T23:30-04:00', ['2026-11-01T01:30-04:00', '2026-11-01T02:30-05:00', '2026-11-01T23:00-05:00']],
  ['Lord Howe, forward: past midnight', within(every(2 * HOUR), window('23:00', '04:00', LordHowe)), '2026-10-03T23:15+10:30', ['2026-10-04T01:15+10:30', '2026-10-04T03:45+11:00', '2026-10-04T23:00+11:00']],
  ['Santiago, forward: a window that begins at the midnight that is not', within(every(DAY), window('00:00', '02:00', Santiago)), '2026-09-05T12:00-04:00', ['2026-09-07T00:00-03:00']],
];

/** Cron expressions and windows through changes of the clocks: what a user in that place would expect. */
describe('the next checks', () => {
  const expectChecks = (_: string, schedule: CheckSchedule, after: string, expected: string[]) => {
    let [last, now] = [new Date(after), new Date(after)];
    const checks = expected.map(() => {
      const next = nextCheck(schedule, last, now, () => 0);
      [last, now] = [next.planned_at, next.check_at];
      return next.check_at.toISOString();
    });
    expect(checks).toEqual(expected.map((time) => new Date(time).toISOString()));
  };
  describe('on plain days', () => it.each(plainDays)('%s', expectChecks));
  describe('by the calendar', () => it.each(calendar)('%s', expectChecks));
  describe('when the clocks are put forward', () => it.each(forward)('%s', expectChecks));
  describe('when the clocks are put back', () => it.each(back)('%s', expectChecks));
  describe('within windows', () => it.each(windows)('%s', expectChecks));
});
