import { z } from 'zod';
import { idSchema } from './common.ts';
import { defineContract, defineEndpoint, defineStream, type ServiceApi } from './endpoint.ts';
import {
  channelTestSchema,
  channelVerificationSchema,
  verifyChannelSchema,
  webPushKeySchema,
} from './notification-channel.ts';
import {
  messageTemplatesSchema,
  previewTemplateSchema,
  renderedTemplateSchema,
  templateGuideSchema,
  templateKindSchema,
} from './notification-template.ts';
import { deliveryStatusSchema, replayChannelSchema, replaySchema } from './notification.ts';
import { signingKeysSchema } from './signing-keys.ts';

export const notifyRequestSchema = z
  .union([z.strictObject({ alert_id: idSchema }), z.strictObject({ notice_id: idSchema })])
  .meta({ id: 'NotifyRequest' });
export type NotifyRequest = z.infer<typeof notifyRequestSchema>;
export const notifyResponseSchema = z
  .object({ delivery_ids: z.array(idSchema) })
  .meta({ id: 'NotifyResponse' });
export type NotifyResponse = z.infer<typeof notifyResponseSchema>;

export const deliverBatchSchema = z
  .strictObject({ delivery_ids: z.array(idSchema).min(1).max(500) })
  .meta({ id: 'DeliverBatch' });
export type DeliverBatch = z.infer<typeof deliverBatchSchema>;
export const deliverResultSchema = z
  .object({
    delivery_id: idSchema,
    status: deliveryStatusSchema.nullable().meta({ description: 'Null when there is no such delivery.' }),
    retry: z.boolean().meta({ description: 'True when another attempt should follow.' }),
    retry_after_seconds: z
      .number()
      .nullable()
      .meta({ description: 'An attempt before that would only be told to wait. Null: as the caller likes.' }),
    detail: z.string().nullable(),
  })
  .meta({ id: 'DeliverResult' });
export type DeliverResult = z.infer<typeof deliverResultSchema>;

export const giveUpRequestSchema = z
  .strictObject({ delivery_id: idSchema, detail: z.string().max(1000) })
  .meta({ id: 'GiveUpRequest' });
export type GiveUpRequest = z.infer<typeof giveUpRequestSchema>;

/** Whoever asks for it has made sure that the delivery, or the channel, is the caller's. */
export const replayRequestSchema = z
  .union([z.strictObject({ delivery_id: idSchema }), replayChannelSchema])
  .meta({ id: 'ReplayRequest' });
export type ReplayRequest = z.infer<typeof replayRequestSchema>;

/** Whoever asks for it has made sure that the channel is the caller's. */
export const channelRefSchema = z.strictObject({ channel_id: idSchema });
export type ChannelRef = z.infer<typeof channelRefSchema>;

export const userRefSchema = z.strictObject({ user_id: idSchema });
export type UserRef = z.infer<typeof userRefSchema>;

/** A signed request of a mail provider, as it came. */
export const providerEventsSchema = z.strictObject({
  body: z.string().meta({ description: 'The bytes that were signed.' }),
  signature: z.string().nullable(),
  timestamp: z.string().nullable(),
});
export type ProviderEvents = z.infer<typeof providerEventsSchema>;

/** Alert or notice → deliveries → attempts. `notify` and `deliverBatch` are idempotent. */
export const notificationsContract = defineContract('notifications', {
  notify: defineEndpoint({
    method: 'POST',
    path: '/notify',
    summary: 'Write one delivery per channel of the owner of an alert or a notice, and enqueue each',
    body: notifyRequestSchema,
    response: notifyResponseSchema,
  }),
  replan: defineEndpoint({
    method: 'POST',
    path: '/replan',
    summary: 'Plan anew what is held for a user whose preferences have changed',
    body: userRefSchema,
    response: z.object({ moved: z.int().meta({ description: 'Deliveries that come at another time now.' }) }),
    deadline_ms: 30_000,
  }),
  deliverBatch: defineStream({
    method: 'POST',
    path: '/deliver-batch',
    summary: 'Make one attempt at each of some deliveries, record it, and say how each ended as it ends',
    body: deliverBatchSchema,
    response: deliverResultSchema,
    deadline_ms: 40_000,
  }),
  giveUp: defineEndpoint({
    method: 'POST',
    path: '/give-up',
    summary: 'Settle a delivery that nobody will attempt again as failed',
    body: giveUpRequestSchema,
    response: z.object({ status: deliveryStatusSchema.nullable() }),
  }),
  replay: defineEndpoint({
    method: 'POST',
    path: '/replay',
    summary: 'Make settled deliveries again: one, or those of a channel and a time',
    body: replayRequestSchema,
    response: replaySchema,
  }),
  signingKeys: defineEndpoint({
    method: 'GET',
    path: '/signing-keys',
    summary: 'The public keys that HTTP message signatures of webhooks are checked with',
    response: signingKeysSchema,
  }),

  startVerification: defineEndpoint({
    method: 'POST',
    path: '/channels/verification',
    summary: 'Send a channel the code that verifies it, or a webhook its challenge',
    body: channelRefSchema,
    response: channelVerificationSchema,
    deadline_ms: 25_000,
  }),
  confirmVerification: defineEndpoint({
    method: 'POST',
    path: '/channels/verify',
    summary: 'Verify a channel by the code that was sent to it',
    body: z.strictObject({ ...channelRefSchema.shape, ...verifyChannelSchema.shape }),
    response: channelVerificationSchema,
  }),
  webPushKey: defineEndpoint({
    method: 'GET',
    path: '/web-push-key',
    summary: 'The public key that browsers subscribe with',
    response: webPushKeySchema,
  }),
  testChannel: defineEndpoint({
    method: 'POST',
    path: '/channels/test',
    summary: 'Send a sample alert through a verified channel',
    body: channelRefSchema,
    response: channelTestSchema,
    deadline_ms: 25_000,
  }),

  templateGuide: defineEndpoint({
    method: 'GET',
    path: '/templates/:kind',
    summary: 'The words of a kind of channel, and the variables that templates may name',
    params: z.object({ kind: templateKindSchema }),
    response: templateGuideSchema,
  }),
  checkTemplates: defineEndpoint({
    method: 'POST',
    path: '/templates/check',
    summary: 'Refuse templates with bad syntax or unknown variables',
    body: messageTemplatesSchema,
    response: z.object({}),
  }),
  previewTemplate: defineEndpoint({
    method: 'POST',
    path: '/templates/preview',
    summary: 'What a template makes of an alert of its user, or of a made-up one',
    body: z.strictObject({ ...userRefSchema.shape, ...previewTemplateSchema.shape }),
    response: renderedTemplateSchema,
  }),

  recordSendGridEvents: defineEndpoint({
    method: 'POST',
    path: '/provider-events/sendgrid',
    summary: 'Verify what SendGrid says became of mails, and record it',
    body: providerEventsSchema,
    body_limit_bytes: 8 * 1024 * 1024,
    response: z.object({ recorded: z.int().meta({ description: 'Events that changed something.' }) }),
  }),
});
export type NotificationsApi = ServiceApi<typeof notificationsContract>;
export const NOTIFICATIONS_API = Symbol.for('torale.NotificationsApi');
