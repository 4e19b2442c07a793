import { type ConfigOf, defineConfig } from '@torale/contracts';
import { z } from 'zod';

export const gatewayConfig = defineConfig('gateway', {
  SUPABASE_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .meta({
      description: 'The Supabase project; access tokens must be issued by its `/auth/v1`.',
    }),
  SUPABASE_JWT_SECRET: z.string().min(32).optional().meta({
    description: 'Legacy shared secret of the project: with it, HS256 access tokens are accepted too.',
  }),
  CORS_ORIGINS: z
    .string()
    .default('http://localhost:3000,http://127.0.0.1:3000')
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .pipe(z.array(z.url().transform((url) => new URL(url).origin)))
    .meta({ description: 'Origins whose pages may call the API from a browser, comma-separated.' }),
  MIN_CHECK_INTERVAL_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .default(60)
    .meta({ description: 'The shortest check interval that a user may ask for.' }),
  CHECK_WAIT_SECONDS: z.coerce
    .number()
    .positive()
    .max(50)
    .default(20)
    .meta({ description: 'How long "check now" waits for the check before it answers 202.' }),
});
export type GatewayConfig = ConfigOf<typeof gatewayConfig>;
