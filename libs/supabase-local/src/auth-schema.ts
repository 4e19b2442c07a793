import type { GeneratedTimestamp, NullableTimestamp } from '@torale/database';
import type { Generated, JSONColumnType, Selectable } from 'kysely';

/** Kysely types of the tables of sql/supabase-platform.sql. */

type Metadata = Record<string, unknown>;

interface UsersTable {
  id: string;
  aud: Generated<string>;
  role: Generated<string>;
  email: string;
  encrypted_password: string | null;
  email_confirmed_at: NullableTimestamp;
  last_sign_in_at: NullableTimestamp;
  raw_app_meta_data: JSONColumnType<Metadata, string | undefined>;
  raw_user_meta_data: JSONColumnType<Metadata, string | undefined>;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

interface SessionsTable {
  id: string;
  user_id: string;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
  user_agent: string | null;
  ip: string | null;
}

interface RefreshTokensTable {
  id: Generated<string>;
  token: string;
  user_id: string;
  session_id: string;
  parent: string | null;
  revoked: Generated<boolean>;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

// A type, not an interface: Kysely's $extendTables asks for an index signature.
export type AuthSchema = {
  'auth.users': UsersTable;
  'auth.sessions': SessionsTable;
  'auth.refresh_tokens': RefreshTokensTable;
};

export type UserRow = Selectable<UsersTable>;
