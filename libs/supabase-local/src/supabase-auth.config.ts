import { type ConfigOf, defineConfig } from '@torale/contracts';
import { z } from 'zod';

export const supabaseAuthConfig = defineConfig('supabase-auth', {
  SUPABASE_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .meta({ description: 'Where Supabase answers; access tokens are issued by `$SUPABASE_URL/auth/v1`.' }),
});
export type SupabaseAuthConfig = ConfigOf<typeof supabaseAuthConfig>;
