import { z } from 'zod';

/** Local time of day, `HH:MM`. */
export const localTimeSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 08:00');

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const weekdaySchema = z.enum(weekdays);
export type Weekday = z.infer<typeof weekdaySchema>;

function isTimeZone(name: string): boolean {
  // Offsets such as +02:00 are known to Intl too; they know no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const timeZoneSchema = z
  .string()
  .max(64)
  .refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin')
  .meta({ description: 'IANA name such as `Europe/Berlin`.' });

/** When checks may be made. */
export const checkWindowSchema = z
  .strictObject({
    days: z
      .array(weekdaySchema)
      .min(1)
      .max(7)
      .default([...weekdays])
      .meta({ description: 'On which days it begins; left out: on all of them.' }),
    from: localTimeSchema,
    to: localTimeSchema,
  })
  .meta({
    id: 'CheckWindow',
    description:
      'Local time of the query’s `time_zone`, `to` not included. One whose `to` is not after its `from` goes on past midnight.',
  });
export type CheckWindow = z.infer<typeof checkWindowSchema>;

export const checkWindowsSchema = z.array(checkWindowSchema).max(21).meta({
  description:
    'Scheduled checks are made within these times only; one that falls outside is made when the next begins. Empty: at any time.',
});

/** As a user writes it. */
export const scheduleInputSchema = z
  .union([
    z.string().trim().min(1).max(200),
    z.strictObject({ cron: z.string().trim().min(1).max(200), time_zone: timeZoneSchema.optional() }),
  ])
  .meta({
    description:
      'When to check: a phrase such as `every weekday at 9`, or a cron expression of five fields. Instead of `check_interval_seconds`.',
  });
export type ScheduleInput = z.infer<typeof scheduleInputSchema>;

export const scheduleSchema = z
  .object({
    cron: z.string(),
    time_zone: timeZoneSchema,
    text: z.string().meta({ description: 'The expression in words.' }),
  })
  .meta({ id: 'Schedule' });
export type Schedule = z.infer<typeof scheduleSchema>;
