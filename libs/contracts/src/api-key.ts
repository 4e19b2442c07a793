import { z } from 'zod';
import { idSchema, timestampSchema } from './common.ts';

export const apiKeySchema = z
  .object({
    id: idSchema,
    name: z.string(),
    prefix: z.string().meta({ description: 'The first characters of the key, to recognise it by.' }),
    expires_at: timestampSchema.nullable(),
    last_used_at: timestampSchema.nullable(),
    created_at: timestampSchema,
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof apiKeySchema>;

export const createApiKeySchema = z
  .strictObject({ name: z.string().trim().min(1).max(100), expires_at: timestampSchema.optional() })
  .meta({ id: 'CreateApiKey' });
export type CreateApiKey = z.infer<typeof createApiKeySchema>;

/** The only answer that ever holds the key itself. */
export const createdApiKeySchema = apiKeySchema
  .extend({ key: z.string().meta({ description: 'The API key (`trl_…`); shown once.' }) })
  .meta({ id: 'CreatedApiKey' });
export type CreatedApiKey = z.infer<typeof createdApiKeySchema>;
