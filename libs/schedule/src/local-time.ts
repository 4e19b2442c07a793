import { nextCronTime } from './cron.ts';

/**
 * The first instant after `after` at which clocks in an IANA time zone show `time` (`HH:MM`). On a day that skips it,
 * the first instant after the gap; on a day that has it twice, the first of the two.
 */
export function nextLocalTime(time: string, timeZone: string, after: Date): Date {
  const [hour, minute] = time.split(':').map(Number);
  return nextCronTime({ cron: `${minute} ${hour} * * *`, time_zone: timeZone }, after)!;
}

/** The first instant after `after` at which a full hour begins in an IANA time zone. */
export const nextFullHour = (after: Date, timeZone: string): Date =>
  nextCronTime({ cron: '0 * * * *', time_zone: timeZone }, after)!;
