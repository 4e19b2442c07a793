export { supabasePlatformScript } from './platform-script.ts';
export { openSigningKeys, SIGNING_KEYS, type SigningKeys } from './signing-keys.ts';
export { supabaseAuthConfig } from './supabase-auth.config.ts';
export { SupabaseAuthModule } from './supabase-auth.module.ts';

/** What supabase-js is given as its anon key here; it grants nothing and any other string would do. */
export const EMBEDDED_ANON_KEY = 'sb_publishable_torale_embedded';
