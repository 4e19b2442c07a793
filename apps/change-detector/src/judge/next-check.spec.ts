import { secondsUntilNextCheck } from './next-check.ts';

const now = '2026-11-22T08:00:00.000Z';

describe('the next look at a page', () => {
  it.each([
    ['sooner when it moves', 'changed', [], 3600, 900],
    ['sooner after an alert', 'alert', [], 86_400, 21_600],
    ['as agreed when it is still', 'unchanged', [], 3600, null],
    ['as agreed when it only makes noise', 'noise', [], 3600, null],
    ['never sooner than a minute', 'changed', [], 120, 60],
    ['never later than agreed, however short that is', 'changed', [], 30, null],
    ['when a date is near', 'changed', ['Sale starts 2026-11-22 10:00'], 86_400, 2 * 3600 + 60],
    [
      'at the beginning of a day that is near',
      'alert',
      ['On sale from November 23, 2026'],
      604_800,
      16 * 3600 + 60,
    ],
    ['not for a date that is far', 'changed', ['On sale from March 3, 2027'], 3600, 900],
    ['not for a date that has passed', 'changed', ['Was on sale until November 21, 2026'], 3600, 900],
  ] as const)('%s', (_, verdict, texts, interval, seconds) => {
    expect(secondsUntilNextCheck(verdict, texts, interval, now)).toBe(seconds);
  });
});
