import { fileURLToPath } from 'node:url';

/** SQL file that gives a plain Postgres what a Supabase project has; safe to run at every start. */
export const supabasePlatformScript = fileURLToPath(new URL('../sql/supabase-platform.sql', import.meta.url));
