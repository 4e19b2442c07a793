import { z } from 'zod';
import { idSchema, timestampSchema } from './common.ts';
import { monitoredSourceSchema } from './monitored-source.ts';
import { readingSchema, thresholdsSchema } from './reading.ts';
import { checkWindowsSchema, scheduleInputSchema, scheduleSchema, timeZoneSchema } from './schedule.ts';

export const notifyBehaviorSchema = z.enum(['once', 'always']);
export type NotifyBehavior = z.infer<typeof notifyBehaviorSchema>;
export const userQueryStatusSchema = z.enum(['active', 'paused', 'completed']);
export type UserQueryStatus = z.infer<typeof userQueryStatusSchema>;

const retentionContentsSchema = z.int().min(1).max(10_000).nullable().meta({
  description:
    'How many contents of each source are kept; null: as configured. What was judged last and what alerts cite always is.',
});
const retentionDaysSchema = z
  .int()
  .min(1)
  .max(3650)
  .nullable()
  .meta({ description: 'For how many days contents are kept; null: as configured.' });

const channelIdsSchema = z.array(idSchema).min(1).max(20).nullable().meta({
  description: 'The channels that tell of it; null: your default ones, also when all of these are gone.',
});
const mutedSchema = z
  .boolean()
  .meta({ description: 'Whether nothing is told of it; alerts are recorded and shown all the same.' });
const snoozedUntilSchema = timestampSchema
  .nullable()
  .meta({ description: 'What is found until then is told then.' });

const unsubscribedChannelIdsSchema = z.array(idSchema).max(100).meta({
  description:
    'Channels that tell nothing more of it, also when they are chosen: those whose unsubscribe link was followed. Take one out to be told there again.',
});

const checkJitterSchema = z.int().min(0).max(86_400).meta({
  description:
    'Each scheduled check is made up to this much later, at random, but within the same window. Less than the time between two checks.',
});

/** The sentence a user wrote; owns its sources. */
export const userQuerySchema = z
  .object({
    id: idSchema,
    raw_query: z.string(),
    condition: z.string().nullable(),
    refined_query: z.string().nullable().meta({ description: 'The sentence as discovery understood it.' }),
    reading: readingSchema.nullable().meta({
      description:
        'What the judge understood; correct it by PATCH. Null until it is read, at the first check at the latest.',
    }),
    thresholds: thresholdsSchema,
    notify_behavior: notifyBehaviorSchema,
    check_interval_seconds: z
      .int()
      .meta({ description: 'With a schedule: the shortest time between two checks of it.' }),
    schedule: scheduleSchema.nullable().meta({ description: 'Null: every `check_interval_seconds`.' }),
    time_zone: timeZoneSchema,
    check_windows: checkWindowsSchema,
    check_jitter_seconds: checkJitterSchema,
    status: userQueryStatusSchema,
    completed_at: timestampSchema.nullable(),
    retention_contents: retentionContentsSchema,
    retention_days: retentionDaysSchema,
    channel_ids: channelIdsSchema,
    muted: mutedSchema,
    snoozed_until: snoozedUntilSchema,
    unsubscribed_channel_ids: unsubscribedChannelIdsSchema,
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'UserQuery' });
export type UserQuery = z.infer<typeof userQuerySchema>;

export const userQueryWithSourcesSchema = userQuerySchema
  .extend({ sources: z.array(monitoredSourceSchema) })
  .meta({ id: 'UserQueryWithSources' });
export type UserQueryWithSources = z.infer<typeof userQueryWithSourcesSchema>;

const rawQuerySchema = z.string().trim().min(3).max(2000);
const conditionSchema = z.string().trim().min(1).max(2000);
/** Upper bound 30 days; the operator's lower bound is MIN_CHECK_INTERVAL_SECONDS. */
const checkIntervalSchema = z.int().min(1).max(2_592_000).meta({
  description: 'How often to check. 3600 unless there is a `schedule`; ends one that there was.',
});

export const createUserQuerySchema = z
  .strictObject({
    raw_query: rawQuerySchema,
    condition: conditionSchema.optional(),
    notify_behavior: notifyBehaviorSchema.default('once'),
    check_interval_seconds: checkIntervalSchema.optional(),
    schedule: scheduleInputSchema.optional(),
    time_zone: timeZoneSchema.optional().meta({ description: 'Of schedule and windows; UTC if not said.' }),
    check_windows: checkWindowsSchema.optional(),
    check_jitter_seconds: checkJitterSchema.optional(),
    retention_contents: retentionContentsSchema.optional(),
    retention_days: retentionDaysSchema.optional(),
    thresholds: thresholdsSchema.optional(),
    channel_ids: channelIdsSchema.optional(),
  })
  .meta({ id: 'CreateUserQuery' });
export type CreateUserQuery = z.infer<typeof createUserQuerySchema>;

export const updateUserQuerySchema = z
  .strictObject({
    raw_query: rawQuerySchema,
    condition: conditionSchema.nullable(),
    notify_behavior: notifyBehaviorSchema,
    check_interval_seconds: checkIntervalSchema,
    schedule: scheduleInputSchema.nullable(),
    time_zone: timeZoneSchema,
    check_windows: checkWindowsSchema,
    check_jitter_seconds: checkJitterSchema,
    retention_contents: retentionContentsSchema,
    retention_days: retentionDaysSchema,
    reading: readingSchema.nullable().meta({
      description: 'Your correction of what was understood; null to have the sentence read anew.',
    }),
    thresholds: thresholdsSchema,
    channel_ids: channelIdsSchema,
    muted: mutedSchema,
    snoozed_until: snoozedUntilSchema,
    unsubscribed_channel_ids: unsubscribedChannelIdsSchema,
    status: z.enum(['active', 'paused']),
  })
  .partial()
  .refine((value) => Object.keys(value).length > 0, 'name at least one thing to change')
  .meta({ id: 'UpdateUserQuery' });
export type UpdateUserQuery = z.infer<typeof updateUserQuerySchema>;
