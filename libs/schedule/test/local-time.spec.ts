import { nextFullHour, nextLocalTime, windowAround, type TimeWindow } from '../src/index.ts';

const at = (time: string) => new Date(time);
const night = (time_zone: string): TimeWindow => ({ from: '22:00', to: '07:00', time_zone });

test.each([
  ['later today', '08:00', 'Europe/Berlin', '2026-06-05T07:59+02:00', '2026-06-05T08:00+02:00'],
  ['not now', '08:00', 'Europe/Berlin', '2026-06-05T08:00+02:00', '2026-06-06T08:00+02:00'],
  ['tomorrow, over midnight of UTC', '08:00', 'Asia/Tokyo', '2026-06-05T22:00Z', '2026-06-05T23:00Z'],
  ['on a day that skips it', '02:30', 'Europe/Berlin', '2026-03-28T12:00+01:00', '2026-03-29T03:00+02:00'],
  [
    'on a day that has it twice',
    '02:30',
    'Europe/Berlin',
    '2026-10-25T02:15+02:00',
    '2026-10-25T02:30+02:00',
  ],
  [
    'between the two of that day',
    '02:30',
    'Europe/Berlin',
    '2026-10-25T02:15+01:00',
    '2026-10-26T02:30+01:00',
  ],
  [
    'half an hour of Lord Howe',
    '02:10',
    'Australia/Lord_Howe',
    '2026-10-03T12:00+10:30',
    '2026-10-04T02:30+11:00',
  ],
  [
    'no midnight in Santiago',
    '00:00',
    'America/Santiago',
    '2026-09-05T12:00-04:00',
    '2026-09-06T01:00-03:00',
  ],
])('a local time: %s', (_, time, zone, after, expected) => {
  expect(nextLocalTime(time, zone, at(after))).toEqual(at(expected));
});

test.each([
  ['of Berlin', 'Europe/Berlin', '2026-06-05T07:59:59.999+02:00', '2026-06-05T08:00+02:00'],
  ['not now', 'UTC', '2026-06-05T08:00Z', '2026-06-05T09:00Z'],
  ['of half an hour', 'Asia/Kolkata', '2026-06-05T08:00Z', '2026-06-05T08:30Z'],
  ['over a gap', 'America/New_York', '2026-03-08T01:30-05:00', '2026-03-08T03:00-04:00'],
  ['of the hour that comes twice', 'Europe/Berlin', '2026-10-25T02:30+02:00', '2026-10-25T02:00+01:00'],
])('a full hour: %s', (_, zone, after, expected) => {
  expect(nextFullHour(at(after), zone)).toEqual(at(expected));
});

test.each([
  ['before', [night('Europe/Berlin')], '2026-06-05T21:59:59+02:00', null],
  ['at its beginning', [night('Europe/Berlin')], '2026-06-05T22:00+02:00', '2026-06-06T07:00+02:00'],
  ['after midnight', [night('Europe/Berlin')], '2026-06-06T03:00+02:00', '2026-06-06T07:00+02:00'],
  ['at its end', [night('Europe/Berlin')], '2026-06-06T07:00+02:00', null],
  ['in the short night', [night('Europe/Berlin')], '2026-03-28T23:00+01:00', '2026-03-29T07:00+02:00'],
  ['in the long night', [night('America/New_York')], '2026-11-01T01:30-05:00', '2026-11-01T07:00-05:00'],
  [
    'of the right day',
    [{ ...night('UTC'), days: ['fri'] as const }],
    '2026-06-06T03:00Z',
    '2026-06-06T07:00Z',
  ],
  ['of the wrong day', [{ ...night('UTC'), days: ['sat'] as const }], '2026-06-06T03:00Z', null],
  [
    'followed by another',
    [night('UTC'), { from: '07:00', to: '09:00', time_zone: 'UTC' }],
    '2026-06-06T03:00Z',
    '2026-06-06T09:00Z',
  ],
  [
    'of two zones that overlap',
    [night('UTC'), { from: '06:00', to: '12:00', time_zone: 'Europe/Berlin' }],
    '2026-06-06T03:00Z',
    '2026-06-06T10:00Z',
  ],
])('a window around a time: %s', (_, windows, instant, ends) => {
  expect(windowAround(windows, at(instant))).toEqual(ends === null ? null : { ends_at: at(ends) });
});

test('a window that never ends says so', () => {
  const always = { from: '12:00', to: '12:00', time_zone: 'Europe/Berlin' };
  expect(windowAround([always], at('2026-06-06T03:00Z'))).toEqual({ ends_at: null });
});
