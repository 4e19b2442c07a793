import { AppError } from '@torale/contracts';
import { Cron } from 'croner';
import cronstrue from 'cronstrue';

/** A cron expression of five fields, in local time of an IANA time zone. */
export interface CronSchedule {
  cron: string;
  time_zone: string;
}

const YEARS_AHEAD = 5;
const DAY_SECONDS = 86_400;
/** What croner and cronstrue understand alike. */
const FIELD = /^[\dA-Z*,/#-]+$/i;

/**
 * Under a change of the clocks: a time of the expression that does not exist comes at the first instant after the gap,
 * and one that exists twice comes once. Where hours or minutes are a wildcard or a step, the expression says how often,
 * not when: then it goes on through a repeated hour, and leaves out what does not exist.
 */
const open = ({ cron, time_zone }: CronSchedule) =>
  new Cron(cron, { mode: '5-part', timezone: time_zone, fixedTimeRule: 'no-wildcard', paused: true });

/** The first time after `after`; null when there is none. */
export const nextCronTime = (schedule: CronSchedule, after: Date): Date | null =>
  open(schedule).nextRun(after);

/** The expression in words, such as "At 09:00, Monday through Friday"; itself where there are none for it. */
export function describeCron(cron: string): string {
  // The last weekday of a month is `5#L` to croner and `5L` to cronstrue, which wants it as a number.
  const named = cron.replace(/\b(\w+)#L/gi, (_, day: string) => `${dayNumber(day)}L`);
  try {
    return cronstrue.toString(named, { use24HourTimeFormat: true });
  } catch {
    return cron;
  }
}

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const dayNumber = (day: string) => {
  const named = DAYS.indexOf(day.toUpperCase());
  return named < 0 ? day : String(named);
};

/**
 * The shortest time between two runs, seconds by the clock on the wall. Throws `invalid_request` on `path` for what is
 * not a cron expression of five fields, or never comes within the next five years.
 */
export function shortestDistance(cron: string, now: Date, path: string): number {
  const fields = cron.split(/\s+/);
  if (fields.length !== 5) throw invalid(path, `must have five fields, and has ${fields.length}`);
  const strange = fields.find((field) => !FIELD.test(field));
  if (strange !== undefined) throw invalid(path, `"${strange}" is not a field of a cron expression`);
  try {
    open({ cron, time_zone: 'UTC' });
  } catch (error) {
    throw invalid(path, `is not a cron expression: ${messageOf(error)}`);
  }
  // In UTC, where no day is shorter or longer than others.
  const [minute, hour, ...days] = fields;
  const times = secondsOfDay(`${minute} ${hour} * * *`, now);
  const withinDay = times.slice(1).map((time, index) => time - times[index]!);
  const betweenDays = distanceBetween(inYearsAhead(`0 0 ${days.join(' ')}`, now));
  if (betweenDays === null) throw invalid(path, `never comes within the next ${YEARS_AHEAD} years`);
  return Math.min(...withinDay, betweenDays - (times.at(-1)! - times[0]!));
}

export const invalid = (path: string, message: string) =>
  new AppError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] });

/** croner begins each message with the name of a class of its own. */
const messageOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).replace(/^Cron\w*: /, '');

/** When the runs of a day are. */
function secondsOfDay(cron: string, now: Date): number[] {
  const midnight = now.getTime() - (now.getTime() % (DAY_SECONDS * 1000));
  const seconds: number[] = [];
  for (const run of inYearsAhead(cron, new Date(midnight))) {
    const time = (run.getTime() - midnight) / 1000;
    if (time >= DAY_SECONDS) break;
    seconds.push(time);
  }
  return seconds;
}

/** The shortest time between two of these days, seconds; `Infinity` when there is but one, null without any. */
function distanceBetween(days: Iterator<Date>): number | null {
  let before = days.next();
  if (before.done) return null;
  let shortest = Infinity;
  for (let next = days.next(); !next.done && shortest > DAY_SECONDS; next = days.next()) {
    shortest = Math.min(shortest, (next.value.getTime() - before.value.getTime()) / 1000);
    before = next;
  }
  return shortest;
}

function* inYearsAhead(cron: string, from: Date): Generator<Date, undefined> {
  const runs = open({ cron, time_zone: 'UTC' });
  const end = new Date(from);
  end.setUTCFullYear(end.getUTCFullYear() + YEARS_AHEAD);
  // croner looks for times after the one given.
  let time = runs.nextRun(new Date(from.getTime() - 1));
  while (time !== null && time <= end) {
    yield time;
    time = runs.nextRun(time);
  }
  return undefined;
}
