import { z } from 'zod';
import { severitySchema } from './change-alert.ts';
import { idSchema, timestampSchema } from './common.ts';
import { channelKindSchema } from './notification-channel.ts';
import { localTimeSchema, timeZoneSchema } from './schedule.ts';

export const quietHoursSchema = z
  .strictObject({ from: localTimeSchema, to: localTimeSchema })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'must differ from `from`' })
  .meta({
    id: 'QuietHours',
    description:
      'Local time; may go past midnight. What would be told then, of whatever severity, waits until they end.',
  });
export type QuietHours = z.infer<typeof quietHoursSchema>;

export const notificationPreferencesSchema = z
  .object({
    min_severity: severitySchema.meta({
      description: 'Alerts below it are recorded and shown, and told nobody.',
    }),
    time_zone: timeZoneSchema.meta({
      description: 'IANA name such as `Europe/Berlin`, for all local times here.',
    }),
    mode: z
      .enum(['immediate', 'hourly', 'daily'])
      .meta({ description: 'At once, or gathered: at every full hour, or once a day at `daily_at`.' }),
    daily_at: localTimeSchema,
    quiet_hours: quietHoursSchema.nullable(),
    max_per_day: z.int().min(1).max(1000).nullable().meta({
      description:
        'Messages to one channel within a day of your time zone, at most; what is beyond comes as one digest the next day.',
    }),
    source_notices: z.boolean().meta({ description: 'Whether to tell of sources that fail and recover.' }),
    completed_notices: z.boolean().meta({ description: 'Whether to tell of sentences that are completed.' }),
  })
  .meta({ id: 'NotificationPreferences' });
export type NotificationPreferences = z.infer<typeof notificationPreferencesSchema>;
/** Their columns have the same names. */
export const notificationPreferenceNames = notificationPreferencesSchema.keyof().options;

export const defaultNotificationPreferences: NotificationPreferences = {
  min_severity: 'low',
  time_zone: 'UTC',
  mode: 'immediate',
  daily_at: '08:00',
  quiet_hours: null,
  max_per_day: null,
  source_notices: true,
  completed_notices: false,
};

export const updateNotificationPreferencesSchema = z
  .strictObject(notificationPreferencesSchema.shape)
  .partial()
  .meta({ id: 'UpdateNotificationPreferences' });
export type UpdateNotificationPreferences = z.infer<typeof updateNotificationPreferencesSchema>;

export const deliveryStatusSchema = z
  .enum(['queued', 'sending', 'sent', 'delivered', 'bounced', 'failed', 'suppressed'])
  .meta({
    description:
      '`sent`: the other side took it; `delivered`, `bounced`: what the mail provider said later; `suppressed`: it was not to be told.',
  });
export type DeliveryStatus = z.infer<typeof deliveryStatusSchema>;

export const deliveryAttemptSchema = z.object({
  at: timestampSchema,
  ok: z.boolean(),
  response_status: z.int().nullable(),
  error: z.string().nullable(),
  duration_ms: z.int(),
  response_excerpt: z
    .string()
    .nullable()
    .optional()
    .meta({ description: 'The beginning of what the other side answered, as one line.' }),
});
export type DeliveryAttempt = z.infer<typeof deliveryAttemptSchema>;

export const deliveryProviderSchema = z.enum([
  'sendgrid',
  'smtp',
  'outbox',
  'webhook',
  'slack',
  'discord',
  'teams',
  'telegram',
  'ntfy',
  'web_push',
]);
export type DeliveryProvider = z.infer<typeof deliveryProviderSchema>;

/** One alert, one notice or one digest to one channel of one user, with its attempts. */
export const deliverySchema = z
  .object({
    id: idSchema,
    alert_id: idSchema.nullable(),
    notice_id: idSchema.nullable(),
    digest_id: idSchema.nullable().meta({
      description:
        'It tells of all deliveries whose `in_digest_id` is this. Otherwise it tells of an alert or a notice.',
    }),
    in_digest_id: idSchema.nullable().meta({ description: 'The digest that it is told with.' }),
    channel_id: idSchema.nullable().meta({ description: 'Null when the channel is gone.' }),
    channel: channelKindSchema,
    target: z.string().meta({ description: 'Where it goes, without what is secret in it.' }),
    provider: deliveryProviderSchema
      .nullable()
      .meta({ description: 'Who carried it; null before the first attempt.' }),
    status: deliveryStatusSchema,
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Why it waits, failed or was suppressed, in a sentence.' }),
    not_before: timestampSchema.nullable().meta({ description: 'It is held until then.' }),
    attempts: z.array(deliveryAttemptSchema),
    sent_at: timestampSchema.nullable(),
    created_at: timestampSchema,
  })
  .meta({ id: 'Delivery' });
export type Delivery = z.infer<typeof deliverySchema>;

/** How many deliveries are made again, with the same `webhook-id`; those who got them before know them by it. */
export const replaySchema = z
  .object({
    replayed: z.int(),
    more: z.boolean().meta({ description: 'Others of that time wait for another call.' }),
  })
  .meta({ id: 'Replay' });
export type Replay = z.infer<typeof replaySchema>;

/** Those whose fate is settled; the others are on their way. */
export const settledStatusSchema = deliveryStatusSchema.exclude(['queued', 'sending']);

export const replayChannelSchema = z
  .strictObject({
    channel_id: idSchema,
    from: timestampSchema.meta({ description: 'Of deliveries that were written since then …' }),
    to: timestampSchema.meta({ description: '… and before then.' }),
    statuses: z.array(settledStatusSchema).min(1).default(['failed', 'bounced']).meta({
      description:
        'Which of them; `failed` includes what was not attempted because the channel was disabled.',
    }),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'must be after from' })
  .meta({ id: 'ReplayChannel' });
export type ReplayChannel = z.infer<typeof replayChannelSchema>;

/** A mail that was kept instead of sent, where no mail provider is configured. */
export const outboxEmailSchema = z
  .object({
    id: idSchema,
    delivery_id: idSchema
      .nullable()
      .meta({ description: 'Null for the code of a channel and for a sample.' }),
    to_address: z.string(),
    subject: z.string(),
    text_body: z.string(),
    html_body: z.string(),
    created_at: timestampSchema,
  })
  .meta({ id: 'OutboxEmail' });
export type OutboxEmail = z.infer<typeof outboxEmailSchema>;

/**
 * `failing`: a source could not be read several times in a row; `recovered`: it can be read again; `completed`: a
 * sentence that was to be told once has been; `channel_disabled`: a channel failed for days.
 */
export const noticeKindSchema = z.enum(['failing', 'recovered', 'completed', 'channel_disabled']);
export type NoticeKind = z.infer<typeof noticeKindSchema>;
