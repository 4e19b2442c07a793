import type { UserRow } from './auth-schema.ts';

/** A user as GoTrue's API shows it, with the one identity that an e-mail account has. */
export function goTrueUser(row: UserRow) {
  const { id, aud, role, email, created_at, updated_at } = row;
  const lastSignIn = row.last_sign_in_at ?? undefined;
  const confirmedAt = row.email_confirmed_at ?? undefined;
  return {
    id,
    aud,
    role,
    email,
    email_confirmed_at: confirmedAt,
    phone: '',
    confirmed_at: confirmedAt,
    last_sign_in_at: lastSignIn,
    app_metadata: row.raw_app_meta_data,
    user_metadata: row.raw_user_meta_data,
    identities: [
      {
        identity_id: id,
        id,
        user_id: id,
        identity_data: { email, email_verified: true, phone_verified: false, sub: id },
        provider: 'email',
        last_sign_in_at: lastSignIn,
        created_at,
        updated_at,
        email,
      },
    ],
    created_at,
    updated_at,
    is_anonymous: false,
  };
}
export type GoTrueUser = ReturnType<typeof goTrueUser>;
