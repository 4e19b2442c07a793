import { z } from 'zod';
import { severitySchema } from './change-alert.ts';
import { idSchema, timestampSchema } from './common.ts';
import { fetchOutcomeSchema } from './monitored-source.ts';

/** Bodies of webhooks; signed as Standard Webhooks, whose `type`, `timestamp` and `data` they have. */

const createdAt = { created_at: timestampSchema };
const ofQuery = { user_query_id: idSchema, raw_query: z.string() };
const ofNotice = { notice_id: idSchema, ...createdAt };

export const alertWebhookEventSchema = z
  .object({
    type: z.literal('alert.created'),
    timestamp: timestampSchema,
    data: z.object({
      alert_id: idSchema,
      ...ofQuery,
      severity: severitySchema,
      summary: z.string(),
      source_url: z.string(),
      evidence: z.array(z.object({ before: z.string().nullable(), after: z.string().nullable() })),
      confidence: z.number(),
      ...createdAt,
    }),
  })
  .meta({ id: 'AlertWebhookEvent' });
export type AlertWebhookEvent = z.infer<typeof alertWebhookEventSchema>;

export const sourceWebhookEventSchema = z
  .object({
    type: z.enum(['source.failing', 'source.recovered']),
    timestamp: timestampSchema,
    data: z.object({
      ...ofNotice,
      ...ofQuery,
      source_id: idSchema,
      source_url: z.string(),
      outcome: fetchOutcomeSchema.nullable().meta({ description: 'How the last fetch ended.' }),
      detail: z.string().nullable().meta({ description: 'What went wrong and what can be done about it.' }),
      failing_since: timestampSchema,
    }),
  })
  .meta({ id: 'SourceWebhookEvent' });
export type SourceWebhookEvent = z.infer<typeof sourceWebhookEventSchema>;

export const queryWebhookEventSchema = z
  .object({
    type: z.literal('query.completed'),
    timestamp: timestampSchema,
    data: z.object({ ...ofNotice, ...ofQuery, completed_at: timestampSchema }),
  })
  .meta({ id: 'QueryWebhookEvent' });
export type QueryWebhookEvent = z.infer<typeof queryWebhookEventSchema>;

/** Tells of another channel. */
export const channelWebhookEventSchema = z
  .object({
    type: z.literal('channel.disabled'),
    timestamp: timestampSchema,
    data: z.object({
      ...ofNotice,
      channel_id: idSchema,
      channel: z.string().nullable().meta({ description: 'Its kind and where it leads.' }),
      reason: z.string().nullable(),
      disabled_at: timestampSchema,
    }),
  })
  .meta({ id: 'ChannelWebhookEvent' });
export type ChannelWebhookEvent = z.infer<typeof channelWebhookEventSchema>;

export const toldWebhookEventSchema = z.discriminatedUnion('type', [
  alertWebhookEventSchema,
  sourceWebhookEventSchema,
  queryWebhookEventSchema,
  channelWebhookEventSchema,
]);

/** Several of the others in one. */
export const digestWebhookEventSchema = z
  .object({
    type: z.literal('digest.due'),
    timestamp: timestampSchema,
    data: z.object({
      digest_id: idSchema,
      events: z.array(toldWebhookEventSchema).meta({ description: 'Alerts first, each in its order.' }),
    }),
  })
  .meta({ id: 'DigestWebhookEvent' });

/** Sent once, to find out whether the address is its owner's. */
export const verificationWebhookEventSchema = z
  .object({
    type: z.literal('channel.verification'),
    timestamp: timestampSchema,
    data: z.object({
      challenge: z.string().meta({ description: 'Answer with it.' }),
      expires_at: timestampSchema,
    }),
  })
  .meta({ id: 'VerificationWebhookEvent' });

export const webhookEventSchema = z
  .discriminatedUnion('type', [
    ...toldWebhookEventSchema.options,
    digestWebhookEventSchema,
    verificationWebhookEventSchema,
  ])
  .meta({ id: 'WebhookEvent' });
export type WebhookEvent = z.infer<typeof webhookEventSchema>;
