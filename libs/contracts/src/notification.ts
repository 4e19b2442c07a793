import { z } from 'zod';
import { severitySchema } from './change-alert.ts';
import { httpUrlSchema, idSchema, timestampSchema } from './common.ts';
import { fetchOutcomeSchema } from './monitored-source.ts';

export const channelSchema = z.enum(['email', 'webhook']);
export type Channel = z.infer<typeof channelSchema>;

export const notificationPreferencesSchema = z
  .object({
    email_enabled: z.boolean(),
    email_address: z.email().nullable().meta({ description: 'Null: the address of the account.' }),
    webhook_enabled: z.boolean(),
    min_severity: severitySchema,
  })
  .meta({ id: 'NotificationPreferences' });
export type NotificationPreferences = z.infer<typeof notificationPreferencesSchema>;

export const defaultNotificationPreferences: NotificationPreferences = {
  email_enabled: true,
  email_address: null,
  webhook_enabled: true,
  min_severity: 'low',
};

export const updateNotificationPreferencesSchema = z
  .strictObject(notificationPreferencesSchema.shape)
  .partial()
  .meta({ id: 'UpdateNotificationPreferences' });
export type UpdateNotificationPreferences = z.infer<typeof updateNotificationPreferencesSchema>;

export const webhookEndpointSchema = z
  .object({
    id: idSchema,
    url: z.string(),
    description: z.string().nullable(),
    created_at: timestampSchema,
  })
  .meta({ id: 'WebhookEndpoint' });
export type WebhookEndpoint = z.infer<typeof webhookEndpointSchema>;

export const createWebhookEndpointSchema = z
  .strictObject({ url: httpUrlSchema, description: z.string().trim().max(300).optional() })
  .meta({ id: 'CreateWebhookEndpoint' });
export type CreateWebhookEndpoint = z.infer<typeof createWebhookEndpointSchema>;

/** The only answer that ever holds the signing secret. */
export const createdWebhookEndpointSchema = webhookEndpointSchema
  .extend({ secret: z.string().meta({ description: 'Standard Webhooks secret (`whsec_…`); shown once.' }) })
  .meta({ id: 'CreatedWebhookEndpoint' });
export type CreatedWebhookEndpoint = z.infer<typeof createdWebhookEndpointSchema>;

export const deliveryStatusSchema = z.enum(['queued', 'sending', 'sent', 'failed', 'suppressed']);
export type DeliveryStatus = z.infer<typeof deliveryStatusSchema>;

export const deliveryAttemptSchema = z.object({
  at: timestampSchema,
  ok: z.boolean(),
  response_status: z.int().nullable(),
  error: z.string().nullable(),
  duration_ms: z.int(),
});
export type DeliveryAttempt = z.infer<typeof deliveryAttemptSchema>;

/** One alert or one notice to one channel of one user, with its attempts. */
export const deliverySchema = z
  .object({
    id: idSchema,
    alert_id: idSchema.nullable().meta({ description: 'Null when it tells of a source.' }),
    notice_id: idSchema.nullable().meta({ description: 'Null when it tells of an alert.' }),
    channel: channelSchema,
    target: z.string().meta({ description: 'The e-mail address or the webhook URL.' }),
    provider: z
      .enum(['sendgrid', 'smtp', 'outbox', 'webhook'])
      .nullable()
      .meta({ description: 'Who carried it; null before the first attempt.' }),
    status: deliveryStatusSchema,
    attempts: z.array(deliveryAttemptSchema),
    sent_at: timestampSchema.nullable(),
    created_at: timestampSchema,
  })
  .meta({ id: 'Delivery' });
export type Delivery = z.infer<typeof deliverySchema>;

/** A mail that was kept instead of sent, where no mail provider is configured. */
export const outboxEmailSchema = z
  .object({
    id: idSchema,
    delivery_id: idSchema,
    to_address: z.string(),
    subject: z.string(),
    text_body: z.string(),
    html_body: z.string(),
    created_at: timestampSchema,
  })
  .meta({ id: 'OutboxEmail' });
export type OutboxEmail = z.infer<typeof outboxEmailSchema>;

/** Body of the webhook that an alert is delivered as; signed as Standard Webhooks. */
export const alertWebhookEventSchema = z
  .object({
    type: z.literal('alert.created'),
    timestamp: timestampSchema,
    data: z.object({
      alert_id: idSchema,
      user_query_id: idSchema,
      raw_query: z.string(),
      severity: severitySchema,
      summary: z.string(),
      source_url: z.string(),
      evidence: z.array(z.object({ before: z.string().nullable(), after: z.string().nullable() })),
      confidence: z.number(),
      created_at: timestampSchema,
    }),
  })
  .meta({ id: 'AlertWebhookEvent' });
export type AlertWebhookEvent = z.infer<typeof alertWebhookEventSchema>;

/** `failing`: a source could not be read several times in a row; `recovered`: it can be read again. */
export const noticeKindSchema = z.enum(['failing', 'recovered']);
export type NoticeKind = z.infer<typeof noticeKindSchema>;

/** Body of the webhook that tells of a source that fails or recovered; signed as Standard Webhooks. */
export const sourceWebhookEventSchema = z
  .object({
    type: z.enum(['source.failing', 'source.recovered']),
    timestamp: timestampSchema,
    data: z.object({
      notice_id: idSchema,
      source_id: idSchema,
      source_url: z.string(),
      user_query_id: idSchema,
      raw_query: z.string(),
      outcome: fetchOutcomeSchema.nullable().meta({ description: 'How the last fetch ended.' }),
      detail: z.string().nullable().meta({ description: 'What went wrong and what can be done about it.' }),
      failing_since: timestampSchema,
      created_at: timestampSchema,
    }),
  })
  .meta({ id: 'SourceWebhookEvent' });
export type SourceWebhookEvent = z.infer<typeof sourceWebhookEventSchema>;
