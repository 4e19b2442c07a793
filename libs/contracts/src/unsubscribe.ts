import { z } from 'zod';
import { idSchema } from './common.ts';

/** What an unsubscribe link ends: one query through one channel, or without a query all that the channel tells. */
export const unsubscribeTokens = {
  purpose: 'unsubscribe',
  claims: z.object({ user_id: idSchema, channel_id: idSchema, user_query_id: idSchema.optional() }),
} as const;
export type UnsubscribeClaims = z.infer<typeof unsubscribeTokens.claims>;
