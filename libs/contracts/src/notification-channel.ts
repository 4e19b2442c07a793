import { z } from 'zod';
import { httpUrlSchema, idSchema, timestampSchema } from './common.ts';

export const channelKindSchema = z.enum([
  'email',
  'webhook',
  'slack',
  'discord',
  'teams',
  'telegram',
  'ntfy',
  'web_push',
]);
export type ChannelKind = z.infer<typeof channelKindSchema>;

const nameSchema = z.string().trim().min(1).max(100).meta({ description: 'What you call it.' });
const isDefaultSchema = z
  .boolean()
  .meta({ description: 'Whether queries that choose no channels of their own use it.' });

const mutedSchema = z.boolean().meta({
  description:
    'Nothing is told through it, whichever query chooses it. What unsubscribing from a digest sets.',
});

/** Names that a webhook's own headers cannot take: they are Torale's, or the connection's to set. */
const reservedWebhookHeaders =
  /^(webhook-|signature|content-|user-agent$|x-torale-|host$|connection$|transfer-encoding$|keep-alive$|upgrade$|te$|trailer$|expect$|proxy-|accept-encoding$|http2-settings$)/i;

const headersSchema = z
  .record(
    z
      .string()
      .max(100)
      .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be the name of an HTTP header')
      .refine((name) => !reservedWebhookHeaders.test(name), 'is reserved'),
    z
      .string()
      .max(2000)
      .regex(/^[\x20-\x7e\x80-\xff]*$/, 'must be one line of Latin-1, which is all that headers can hold'),
  )
  .refine((headers) => Object.keys(headers).length <= 20, 'must be 20 headers at most')
  .meta({ description: 'Sent with every request; kept sealed.' });
const httpMessageSignaturesSchema = z.boolean().meta({
  description:
    'Sign by HTTP Message Signatures (RFC 9421, Ed25519) too; the public keys are at /.well-known/jwks.json.',
});

const common = { name: nameSchema.optional(), is_default: isDefaultSchema.optional() };

/** What a channel of each kind is made of. Addresses that let anyone post who knows them are kept sealed. */
export const createChannelSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('email'), address: z.email().max(254), ...common }),
    z.strictObject({
      ...common,
      kind: z.literal('webhook'),
      url: httpUrlSchema,
      headers: headersSchema.optional(),
      http_message_signatures: httpMessageSignaturesSchema.optional(),
    }),
    z.strictObject({ kind: z.literal('slack'), url: httpUrlSchema, ...common }),
    z.strictObject({ kind: z.literal('discord'), url: httpUrlSchema, ...common }),
    z.strictObject({ kind: z.literal('teams'), url: httpUrlSchema, ...common }),
    z.strictObject({
      ...common,
      kind: z.literal('telegram'),
      bot_token: z.string().regex(/^\d+:[\w-]{20,100}$/, 'must be a token of @BotFather'),
      chat_id: z.string().regex(/^(-?\d{1,20}|@\w{4,32})$/, 'must be the id of a chat or @its_name'),
    }),
    z.strictObject({
      ...common,
      kind: z.literal('ntfy'),
      server: httpUrlSchema.default('https://ntfy.sh'),
      topic: z.string().regex(/^[-\w]{1,64}$/),
      token: z
        .string()
        .max(200)
        .regex(/^[\x21-\x7e]+$/, 'must be a token of ntfy')
        .optional(),
    }),
    z.strictObject({
      ...common,
      kind: z.literal('web_push'),
      subscription: z
        .object({
          endpoint: httpUrlSchema,
          keys: z.object({
            p256dh: z.string().regex(/^B[\w-]{86}=?$/, 'must be an uncompressed point of P-256 in base64url'),
            auth: z.string().regex(/^[\w-]{22}(==)?$/, 'must be 16 bytes in base64url'),
          }),
        })
        .meta({ description: 'What `PushManager.subscribe()` gave.' }),
    }),
  ])
  .meta({ id: 'CreateNotificationChannel' });
export type CreateChannel = z.infer<typeof createChannelSchema>;

export const channelStatusSchema = z.enum(['pending', 'verified', 'disabled']).meta({
  description:
    '`pending`: its owner has still to confirm it; `disabled`: it failed for days. Nothing is told through either.',
});

export const notificationChannelSchema = z
  .object({
    id: idSchema,
    kind: channelKindSchema,
    name: z.string().nullable(),
    target: z.string().meta({ description: 'Where it leads, without what is secret in it.' }),
    settings: z
      .object({
        header_names: z.array(z.string()).optional(),
        http_message_signatures: z.boolean().optional(),
      })
      .meta({ description: 'Of webhooks only.' }),
    is_default: z.boolean(),
    muted: mutedSchema,
    is_account: z.boolean().meta({ description: 'It follows the address of your account.' }),
    status: channelStatusSchema,
    verified_at: timestampSchema.nullable(),
    failing_since: timestampSchema.nullable(),
    disabled_at: timestampSchema.nullable(),
    disabled_reason: z.string().nullable(),
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'NotificationChannel' });
export type NotificationChannel = z.infer<typeof notificationChannelSchema>;

export const createdChannelSchema = notificationChannelSchema
  .extend({
    secret: z
      .string()
      .nullable()
      .meta({ description: 'Standard Webhooks secret (`whsec_…`) of a webhook; shown once.' }),
    verification: z
      .string()
      .meta({ description: 'How it is verified: what was sent and what to do with it, or what went wrong.' }),
  })
  .meta({ id: 'CreatedNotificationChannel' });
export type CreatedChannel = z.infer<typeof createdChannelSchema>;

export const updateChannelSchema = z
  .strictObject({
    name: nameSchema.nullable(),
    is_default: isDefaultSchema,
    muted: mutedSchema,
    headers: headersSchema.nullable(),
    http_message_signatures: httpMessageSignaturesSchema,
  })
  .partial()
  .refine((value) => Object.keys(value).length > 0, 'name at least one thing to change')
  .meta({ id: 'UpdateNotificationChannel' });
export type UpdateChannel = z.infer<typeof updateChannelSchema>;

/** What a page hands to `PushManager.subscribe()` as `applicationServerKey`. */
export const webPushKeySchema = z
  .object({
    public_key: z.string().nullable().meta({ description: 'base64url; null where Web Push is not set up.' }),
  })
  .meta({ id: 'WebPushKey' });
export type WebPushKey = z.infer<typeof webPushKeySchema>;

/** What came of sending a code. */
export const channelVerificationSchema = z
  .object({
    status: channelStatusSchema,
    detail: z.string().meta({ description: 'What was sent and what to do with it, or what went wrong.' }),
  })
  .meta({ id: 'ChannelVerification' });
export type ChannelVerification = z.infer<typeof channelVerificationSchema>;

export const verifyChannelSchema = z
  .strictObject({
    code: z
      .string()
      .trim()
      .regex(/^\d{6}$/, 'must be the six digits that were sent'),
  })
  .meta({ id: 'VerifyNotificationChannel' });
export type VerifyChannel = z.infer<typeof verifyChannelSchema>;

export const channelTestSchema = z
  .object({
    ok: z.boolean(),
    response_status: z.int().nullable(),
    detail: z.string().nullable().meta({ description: 'What went wrong; null when nothing did.' }),
    duration_ms: z.int(),
  })
  .meta({ id: 'ChannelTest' });
export type ChannelTest = z.infer<typeof channelTestSchema>;

export const rotateChannelSecretSchema = z
  .strictObject({
    overlap_hours: z
      .number()
      .min(0)
      .max(720)
      .default(24)
      .meta({ description: 'For how long the old secrets sign beside the new one.' }),
  })
  .meta({ id: 'RotateChannelSecret' });
export type RotateChannelSecret = z.infer<typeof rotateChannelSecretSchema>;

export const rotatedChannelSecretSchema = z
  .object({
    secret: z.string().meta({ description: 'Shown once.' }),
    old_expire_at: timestampSchema.meta({ description: 'Until then requests are signed with both.' }),
  })
  .meta({ id: 'RotatedChannelSecret' });
export type RotatedChannelSecret = z.infer<typeof rotatedChannelSecretSchema>;

/** What `settings_sealed` holds, by kind. Written by the gateway, read by notifications. */
export const sealedChannelSettingsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('webhook'), headers: z.record(z.string(), z.string()) }),
  z.object({ kind: z.enum(['slack', 'discord', 'teams']), url: z.string() }),
  z.object({ kind: z.literal('telegram'), bot_token: z.string(), chat_id: z.string() }),
  z.object({
    kind: z.literal('ntfy'),
    server: z.string(),
    topic: z.string(),
    token: z.string().nullable(),
  }),
  z.object({
    kind: z.literal('web_push'),
    endpoint: z.string(),
    keys: z.object({ p256dh: z.string(), auth: z.string() }),
  }),
]);
export type SealedChannelSettings = z.infer<typeof sealedChannelSettingsSchema>;
