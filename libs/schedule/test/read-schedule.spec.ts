import { AppError } from '@torale/contracts';
import { describeCron, readSchedule } from '../src/index.ts';

const now = new Date('2026-11-22T08:00Z');
const read = (input: Parameters<typeof readSchedule>[0], minimum = 60) => readSchedule(input, minimum, now);
function refusal(input: Parameters<typeof readSchedule>[0], minimum?: number) {
  try {
    read(input, minimum);
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, ...error.errors?.[0] };
    throw error;
  }
  return null;
}

// prettier-ignore
test.each([
  ['every weekday at 9', '0 9 * * 1-5', 'At 09:00, Monday through Friday'],
  ['Every weekday at 9 AM, please', '0 9 * * 1-5', 'At 09:00, Monday through Friday'],
  ['every 15 minutes', '*/15 * * * *', 'Every 15 minutes'],
  ['every half hour', '*/30 * * * *', 'Every 30 minutes'],
  ['every minute', '* * * * *', 'Every minute'],
  ['every 12h', '0 */12 * * *', 'On the hour, every 12 hours'],
  ['mondays and thursdays at 18:30', '30 18 * * 1,4', 'At 18:30, only on Monday and Thursday'],
  ['on Tuesday, Wednesday and Sunday at noon', '0 12 * * 2,3,0', 'At 12:00, only on Sunday, Tuesday, and Wednesday'],
  ['mon-fri at 8:30', '30 8 * * 1-5', 'At 08:30, Monday through Friday'],
  ['friday to monday at 5pm', '0 17 * * 5-6,0-1', 'At 17:00, only on Friday through Saturday and Sunday through Monday'],
  ['weekends at 10 and 16', '0 10,16 * * 0,6', 'At 10:00 and 16:00, only on Sunday and Saturday'],
  ['twice a day', '0 9,21 * * *', 'At 09:00 and 21:00'],
  ['twice a day at 8am and 6pm', '0 8,18 * * *', 'At 08:00 and 18:00'],
  ['three times a week', '0 9 * * 1,3,5', 'At 09:00, only on Monday, Wednesday, and Friday'],
  ['hourly between 9 and 17', '0 9-17 * * *', 'Every hour, between 09:00 and 17:00'],
  ['every 20 minutes from 9am to 5pm on weekdays', '*/20 9-16 * * 1-5', 'Every 20 minutes, between 09:00 and 16:59, Monday through Friday'],
  ['every hour from 9 to 5', '0 9-17 * * *', 'Every hour, between 09:00 and 17:00'],
  ['every hour from 10pm to 6', '0 22-23,0-6 * * *', 'Every hour, at 22:00 through 23:00 and 00:00 through 06:00'],
  ['hourly between 22:30 and 6:30', '30 22-23,0-6 * * *', 'At 30 minutes past the hour, at 22:00 through 23:59 and 00:00 through 06:59'],
  ['every 3 hours between 8 and 20', '0 8,11,14,17,20 * * *', 'At 08:00, 11:00, 14:00, 17:00 and 20:00'],
  ['every hour at half past', '30 * * * *', 'At 30 minutes past the hour'],
  ['on the first of the month at noon', '0 12 1 * *', 'At 12:00, on day 1 of the month'],
  ['on the 1st and 15th at 9', '0 9 1,15 * *', 'At 09:00, on day 1 and 15 of the month'],
  ['last day of the month at 23:59', '59 23 L * *', 'At 23:59, on the last day of the month'],
  ['on the first monday of the month at 10', '0 10 * * 1#1', 'At 10:00, on the first Monday of the month'],
  ['last friday of every month', '0 9 * * 5#L', 'At 09:00, on the last Friday of the month'],
  ['every year on 24 December at 8', '0 8 24 12 *', 'At 08:00, on day 24 of the month, only in December'],
  ['every morning', '0 8 * * *', 'At 08:00'],
  ['every day at 8 in the evening', '0 20 * * *', 'At 20:00'],
  ['every evening at 8', '0 20 * * *', 'At 20:00'],
  ['every afternoon at 2:30', '30 14 * * *', 'At 14:30'],
  ['every morning at 7', '0 7 * * *', 'At 07:00'],
  ['every night at 11', '0 23 * * *', 'At 23:00'],
  ['every night at 1', '0 1 * * *', 'At 01:00'],
  ['every night at midnight', '0 0 * * *', 'At 00:00'],
  ['every day at 2 at night', '0 2 * * *', 'At 02:00'],
  ['every day at 12 at night', '0 0 * * *', 'At 00:00'],
  ['12am', '0 0 * * *', 'At 00:00'],
  ['12:30 pm on sundays in june', '30 12 * 6 0', 'At 12:30, only on Sunday, only in June'],
  ['weekly', '0 9 * * 1', 'At 09:00, only on Monday'],
  ['monthly on the 15th at 18:00', '0 18 15 * *', 'At 18:00, on day 15 of the month'],
  ['*/5 9-17 * * MON-FRI', '*/5 9-17 * * MON-FRI', 'Every 5 minutes, between 09:00 and 17:59, Monday through Friday'],
])('%s', (phrase, cron, text) => {
  expect(read(phrase).schedule_cron).toBe(cron);
  expect(describeCron(cron)).toBe(text);
});

test.each([
  ['every 90 minutes', 5400],
  ['every 7 minutes', 420],
  ['every 36 hours', 129_600],
  ['every other day', 172_800],
  ['every two weeks', 1_209_600],
])('%s is an interval', (phrase, check_interval_seconds) => {
  expect(read(phrase)).toEqual({ schedule_cron: null, check_interval_seconds });
});

test.each([
  'whenever you like',
  'every blue moon',
  'now and then',
  '',
  'at 25:00',
  'at 13pm',
  'at 9:75',
  'every 0 minutes',
  'every hour at 9',
  'twice a day at 8',
  'at 9 and 18:30',
  'on mondays and the first of the month',
  'every 7 minutes on mondays',
  'every 13 days at 9',
  'every 3 months',
  'not on mondays at 9',
  'every weekday at 9 unless it rains',
])('"%s" cannot be read, and examples are given', (phrase) => {
  expect(refusal(phrase)).toEqual({
    code: 'invalid_request',
    path: 'schedule',
    message: expect.stringContaining('"every weekday at 9"'),
  });
});

test.each([
  ['0 9 * *', 'must have five fields, and has 4'],
  ['0 0 9 * * *', 'must have five fields, and has 6'],
  ['@daily', 'must have five fields, and has 1'],
  ['60 9 * * *', 'is not a cron expression: Invalid value for minute: 60'],
  ['0 24 * * *', 'is not a cron expression: Invalid value for hour: 24'],
  ['0 9 32 * *', expect.stringContaining('is not a cron expression')],
  ['0 9 * 13 *', expect.stringContaining('is not a cron expression')],
  ['0 9 * * 8', expect.stringContaining('is not a cron expression')],
  ['0 9 * * MOON', expect.stringContaining('is not a cron expression')],
  ['17-9 * * * *', expect.stringContaining('is not a cron expression')],
  ['*/0 * * * *', expect.stringContaining('is not a cron expression')],
  ['0 9 1 * +MON', '"+MON" is not a field of a cron expression'],
  ['0 9 ? * *', '"?" is not a field of a cron expression'],
  ['0 9 30 2 *', 'never comes within the next 5 years'],
  ['0 9 31 4,6,9,11 *', 'never comes within the next 5 years'],
])('the expression %s is refused', (cron, message) => {
  expect(refusal({ cron })).toEqual({ code: 'invalid_request', path: 'schedule.cron', message });
});

// prettier-ignore
test.each([
  ['* * * * *', 60],
  ['*/15 * * * *', 900],
  ['0,1 9 * * *', 60],
  ['0 */2 * * *', 7200],
  ['0 */5 * * *', 4 * 3600],
  ['0 0,23 * * *', 3600],
  ['0 0,23 * * 1', 23 * 3600],
  ['0 9 * * *', 86_400],
  ['0 9 * * 1-5', 86_400],
  ['0 9 * * 1,3,5', 2 * 86_400],
  ['0 9 1,31 * *', 86_400],
  ['0 9 * * 1', 7 * 86_400],
  ['0 9 1 * *', 28 * 86_400],
  ['0 9 29 2 *', 30 * 86_400],
])('the shortest time between two checks of %s is %d seconds', (cron, seconds) => {
  expect(read({ cron }).check_interval_seconds).toBe(seconds);
});

test('what is more often than allowed is refused, where it was said', () => {
  expect(refusal({ cron: '*/15 * * * *' }, 1800)).toMatchObject({ path: 'schedule.cron' });
  expect(refusal({ cron: '0,59 9 * * *' }, 3600)).toMatchObject({
    message: 'asks for checks 3540 seconds apart; at least 3600 must lie between them',
  });
  expect(refusal('every 30 seconds')).toMatchObject({ code: 'invalid_request', path: 'schedule' });
  expect(refusal('every 20 minutes', 1200)).toBeNull();
});

test('an expression is kept with single spaces', () => {
  expect(read({ cron: '0  9\t* * *' }).schedule_cron).toBe('0 9 * * *');
});

test('a long phrase costs no more than a short one', () => {
  const started = performance.now();
  for (const phrase of [
    'monday and '.repeat(18),
    '9:00 and '.repeat(22),
    'every '.repeat(33),
    '1'.repeat(200),
  ])
    refusal(phrase);
  // One that backtracks never ends.
  expect(performance.now() - started).toBeLessThan(5_000);
});
