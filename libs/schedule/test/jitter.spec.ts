import { dueCheck, nextCheck, type CheckSchedule } from '../src/index.ts';

const at = (time: string) => new Date(time);
const everyHour: CheckSchedule = { interval_seconds: 3600, windows: [], jitter_seconds: 600 };
const hours = (from: string, to: string) => [{ from, to, time_zone: 'UTC' }];

describe('jitter', () => {
  test('is later by up to what was asked for, uniformly', () => {
    const start = at('2026-06-05T10:00Z');
    const late = (random: number) =>
      (nextCheck(everyHour, start, start, () => random).check_at.getTime() - start.getTime()) / 1000 - 3600;
    expect([0, 0.25, 0.5, 0.995].map(late)).toEqual([0, 150, 300, 597]);
  });

  test('does not add up over a year of checks', () => {
    const start = at('2026-01-01T00:00Z');
    let [last, now] = [start, start];
    for (let check = 0; check < 365 * 24; check++) {
      const next = nextCheck(everyHour, last, now, Math.random);
      [last, now] = [next.planned_at, next.check_at];
    }
    expect(last).toEqual(at('2027-01-01T00:00Z'));
  });

  test('does not leave the window', () => {
    const schedule = {
      ...everyHour,
      interval_seconds: 300,
      jitter_seconds: 299,
      windows: hours('09:00', '10:00'),
    };
    const start = at('2026-06-05T09:50Z');
    const { check_at } = nextCheck(schedule, start, start, () => 0.999_999);
    expect(check_at.getTime()).toBeGreaterThan(at('2026-06-05T09:59:58Z').getTime());
    expect(check_at.getTime()).toBeLessThan(at('2026-06-05T10:00Z').getTime());
    const night = { ...everyHour, windows: hours('22:00', '06:00') };
    expect(nextCheck(night, at('2026-06-05T05:30Z'), at('2026-06-05T05:30Z'), () => 0.5).check_at).toEqual(
      at('2026-06-05T22:05Z'),
    );
  });

  test('keeps a cron expression to its own times', () => {
    const schedule: CheckSchedule = {
      cron: '0 9 * * *',
      time_zone: 'UTC',
      windows: [],
      jitter_seconds: 3600,
    };
    const first = nextCheck(schedule, at('2026-06-05T09:00Z'), at('2026-06-05T09:40Z'), () => 0.5);
    expect(first).toEqual({ planned_at: at('2026-06-06T09:00Z'), check_at: at('2026-06-06T09:30Z') });
    expect(nextCheck(schedule, first.planned_at, first.check_at, () => 0).check_at).toEqual(
      at('2026-06-07T09:00Z'),
    );
  });
});

describe('after a long time without checks', () => {
  test('there is one check, and then the next of the plan', () => {
    const [last, now] = [at('2026-01-01T00:10Z'), at('2026-06-05T10:00Z')];
    expect(nextCheck({ ...everyHour, jitter_seconds: 0 }, last, now, () => 0).check_at).toEqual(
      at('2026-06-05T10:10Z'),
    );
  });

  test('sources stay as far apart as they were', () => {
    const now = at('2026-06-05T10:00Z');
    const planned = [0, 7, 31, 59].map((minute) => at(`2026-06-01T00:${String(minute).padStart(2, '0')}Z`));
    const next = planned.map((last) => nextCheck({ ...everyHour, jitter_seconds: 0 }, last, now, () => 0));
    expect(next.map(({ check_at }) => check_at.getUTCMinutes())).toEqual([0, 7, 31, 59]);
  });
});

describe('what is due', () => {
  const schedule = { ...everyHour, windows: hours('09:00', '17:00') };
  test('is due at once inside of a window', () => {
    expect(dueCheck(schedule, at('2026-06-05T09:00Z'), () => 0.9).check_at).toEqual(at('2026-06-05T09:00Z'));
    expect(dueCheck({ ...everyHour }, at('2026-06-05T03:00Z'), () => 0.9).check_at).toEqual(
      at('2026-06-05T03:00Z'),
    );
  });
  test('is spread over the beginning of the next one outside', () => {
    expect(dueCheck(schedule, at('2026-06-05T17:00Z'), () => 0.5)).toEqual({
      planned_at: at('2026-06-06T09:00Z'),
      check_at: at('2026-06-06T09:05Z'),
    });
  });
});
