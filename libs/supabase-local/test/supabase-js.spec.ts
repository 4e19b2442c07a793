import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AuthChangeEvent, createClient, type SupabaseClient } from '@supabase/supabase-js';
import { DATABASE } from '@torale/database';
import { createTestApplication } from '@torale/service-host';
import { createTestDatabase, type TestDatabase } from '@torale/testing';
import bcrypt from 'bcryptjs';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { sql } from 'kysely';
import {
  EMBEDDED_ANON_KEY,
  openSigningKeys,
  SIGNING_KEYS,
  type SigningKeys,
  supabaseAuthConfig,
  SupabaseAuthModule,
} from '../src/index.ts';

const SUPABASE_URL = 'http://torale.test';
const password = 'correct horse';

let folder: string;
let db: TestDatabase;
let keys: SigningKeys;
let app: NestFastifyApplication;
let url: string;
let accounts = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'torale-auth-'));
  keys = await openSigningKeys(folder);
  db = await createTestDatabase();
  app = await createTestApplication({
    module: SupabaseAuthModule,
    config: [supabaseAuthConfig],
    environment: { SUPABASE_URL: `${SUPABASE_URL}/` },
    providers: [
      { provide: DATABASE, useValue: db.database },
      { provide: SIGNING_KEYS, useValue: keys },
    ],
  });
  url = await app.getUrl();
});

afterAll(async () => {
  await app.close();
  await db.close();
  await rm(folder, { recursive: true });
});

/** A client of its own, as in another browser. */
const client = () => createClient(url, EMBEDDED_ANON_KEY, { auth: { autoRefreshToken: false } });
const newEmail = () => `person${++accounts}@example.org`;

async function signedUp(): Promise<{ supabase: SupabaseClient; email: string; refreshToken: string }> {
  const supabase = client();
  const email = newEmail();
  const { data, error } = await supabase.auth.signUp({ email, password });
  if (error) throw error;
  return { supabase, email, refreshToken: data.session!.refresh_token };
}

async function signedIn(email: string): Promise<SupabaseClient> {
  const supabase = client();
  const { error } = await supabase.auth.signInWithPassword({ email, password });
  if (error) throw error;
  return supabase;
}

/** Makes the rotation of a refresh token look older than the interval in which it may be used again. */
const age = (token: string) =>
  sql`update auth.refresh_tokens set updated_at = now() - interval '11 seconds' where token = ${token}`.execute(
    db.database.kysely,
  );

describe('signing up', () => {
  test('gives a confirmed user and a session whose claims are those of GoTrue', async () => {
    const email = newEmail();
    const { data, error } = await client().auth.signUp({
      email: `  ${email.toUpperCase()} `,
      password,
      options: { data: { display_name: 'Ada', email_verified: 'no' } },
    });
    expect(error).toBeNull();
    const { user, session } = data;
    expect(user).toMatchObject({
      email,
      aud: 'authenticated',
      role: 'authenticated',
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: { display_name: 'Ada', email, email_verified: true, sub: user!.id },
      identities: [expect.objectContaining({ provider: 'email', user_id: user!.id })],
      is_anonymous: false,
    });
    expect(user!.email_confirmed_at).toBe(user!.confirmed_at);
    expect(decodeProtectedHeader(session!.access_token)).toEqual({
      alg: 'ES256',
      typ: 'JWT',
      kid: keys.jwks.keys[0]!.kid,
    });
    const now = Date.now() / 1000;
    const claims = decodeJwt(session!.access_token);
    expect(claims).toMatchObject({
      iss: `${SUPABASE_URL}/auth/v1`,
      aud: 'authenticated',
      sub: user!.id,
      role: 'authenticated',
      email,
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: expect.any(Number) }],
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(claims.exp! - claims.iat!).toBe(3600);
    expect(Math.abs(now - claims.iat!)).toBeLessThan(10);
    expect(session!.expires_at).toBe(claims.exp);
  });

  test('stores a bcrypt hash that Supabase could take over', async () => {
    const { email } = await signedUp();
    const { rows } = await sql<{ encrypted_password: string }>`
      select encrypted_password from auth.users where email = ${email}`.execute(db.database.kysely);
    expect(rows[0]!.encrypted_password).toMatch(/^\$2[aby]\$10\$/);
    expect(await bcrypt.compare(password, rows[0]!.encrypted_password)).toBe(true);
  });

  test.each([
    ['a short password', { email: 'a@example.org', password: '12345' }, 422, 'weak_password'],
    [
      'a password bcrypt would cut',
      { email: 'a@example.org', password: 'é'.repeat(37) },
      400,
      'validation_failed',
    ],
    ['no password', { email: 'a@example.org', password: '' }, 400, 'validation_failed'],
    ['a bad address', { email: 'nobody', password }, 400, 'validation_failed'],
    ['U+0000', { email: 'a\0@example.org', password }, 400, 'validation_failed'],
  ])('refuses %s', async (_, credentials, status, code) => {
    const { data, error } = await client().auth.signUp(credentials);
    expect(error).toMatchObject({ status, code });
    expect(data.user).toBeNull();
  });

  test('names the reasons of a weak password', async () => {
    const { error } = await client().auth.signUp({ email: newEmail(), password: '12345' });
    expect(error).toMatchObject({
      name: 'AuthWeakPasswordError',
      message: 'Password should be at least 6 characters.',
      reasons: ['length'],
    });
  });

  test('refuses metadata that Postgres cannot hold', async () => {
    const { error } = await client().auth.signUp({
      email: newEmail(),
      password,
      options: { data: { name: 'a\0b' } },
    });
    expect(error).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  test('refuses an address that is taken, in whatever case', async () => {
    const { email } = await signedUp();
    const { error } = await client().auth.signUp({ email: email.toUpperCase(), password });
    expect(error).toMatchObject({
      status: 422,
      code: 'user_already_exists',
      message: 'User already registered',
    });
  });

  test('makes one account of two requests at once', async () => {
    const email = newEmail();
    const answers = await Promise.all([1, 2].map(() => client().auth.signUp({ email, password })));
    expect(answers.map(({ error }) => error?.code ?? 'ok').sort()).toEqual(['ok', 'user_already_exists']);
  });
});

describe('signing in', () => {
  test('takes the password, and the address in any case', async () => {
    const { email } = await signedUp();
    const { data, error } = await client().auth.signInWithPassword({ email: email.toUpperCase(), password });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email });
    expect(data.session!.token_type).toBe('bearer');
  });

  test('answers a wrong password and an unknown address alike', async () => {
    const { email } = await signedUp();
    const wrong = await client().auth.signInWithPassword({ email, password: 'wrong horse' });
    const unknown = await client().auth.signInWithPassword({ email: newEmail(), password });
    const expected = { status: 400, code: 'invalid_credentials', message: 'Invalid login credentials' };
    expect(wrong.error).toMatchObject(expected);
    expect(unknown.error).toMatchObject(expected);
  });

  test('compares a hash for an unknown address too', async () => {
    const compare = jest.spyOn(bcrypt, 'compare');
    await client().auth.signInWithPassword({ email: newEmail(), password });
    expect(compare).toHaveBeenCalledTimes(1);
    expect(bcrypt.getRounds(compare.mock.calls[0]![1])).toBe(10);
    compare.mockRestore();
  });

  test('stops guessing after ten attempts in a minute, at this address only', async () => {
    const { email } = await signedUp();
    const guesses = Array.from({ length: 11 }, () =>
      client().auth.signInWithPassword({ email, password: 'wrong horse' }),
    );
    const codes = (await Promise.all(guesses)).map(({ error }) => error?.code);
    expect(codes.filter((code) => code === 'over_request_rate_limit')).toHaveLength(1);
    const { error } = await client().auth.signInWithPassword({ email, password });
    expect(error).toMatchObject({ status: 429, code: 'over_request_rate_limit' });
    const other = await signedUp();
    await signedIn(other.email);
  });
});

describe('a session', () => {
  test('gives its user', async () => {
    const { supabase, email } = await signedUp();
    const { data, error } = await supabase.auth.getUser();
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email });
  });

  test('has claims that verify through the JWKS', async () => {
    const { supabase, email } = await signedUp();
    const fetched = jest.spyOn(globalThis, 'fetch');
    const { data, error } = await supabase.auth.getClaims();
    expect(error).toBeNull();
    expect(data!.claims).toMatchObject({ email, role: 'authenticated' });
    expect(fetched.mock.calls.map(([input]) => String(input))).toEqual([
      `${url}/auth/v1/.well-known/jwks.json`,
    ]);
    fetched.mockRestore();
  });

  test('can be taken over by another client', async () => {
    const { supabase, email } = await signedUp();
    const { data } = await supabase.auth.getSession();
    const other = client();
    const set = await other.auth.setSession(data.session!);
    expect(set.error).toBeNull();
    expect((await other.auth.getUser()).data.user).toMatchObject({ email });
  });

  test('tells listeners what happens', async () => {
    const supabase = client();
    const events: AuthChangeEvent[] = [];
    supabase.auth.onAuthStateChange((event) => void events.push(event));
    await supabase.auth.signUp({ email: newEmail(), password });
    await supabase.auth.refreshSession();
    await supabase.auth.signOut();
    expect(events).toEqual(['INITIAL_SESSION', 'SIGNED_IN', 'TOKEN_REFRESHED', 'SIGNED_OUT']);
  });

  test.each(['nonsense', 'a.b.c'])('is not made by the bearer token %s', async (token) => {
    const { error } = await client().auth.getUser(token);
    expect(error).toMatchObject({ status: 403, code: 'bad_jwt' });
  });

  test('is not made by a token of another key', async () => {
    const { supabase } = await signedUp();
    const { data } = await supabase.auth.getSession();
    const otherFolder = await mkdtemp(join(tmpdir(), 'torale-auth-'));
    const forged = await (await openSigningKeys(otherFolder)).sign(decodeJwt(data.session!.access_token));
    await rm(otherFolder, { recursive: true });
    const { error } = await client().auth.getUser(forged);
    expect(error).toMatchObject({ status: 403, code: 'bad_jwt' });
  });
});

describe('refreshing', () => {
  test('gives other tokens for the same session', async () => {
    const { supabase, refreshToken } = await signedUp();
    const before = (await supabase.auth.getClaims()).data!.claims;
    const { data, error } = await supabase.auth.refreshSession();
    expect(error).toBeNull();
    expect(data.session!.refresh_token).not.toBe(refreshToken);
    expect(decodeJwt(data.session!.access_token)).toMatchObject({
      sub: before.sub,
      session_id: before.session_id,
      amr: before.amr,
    });
  });

  test('with one token from two tabs at once gives both the same next token', async () => {
    const { refreshToken } = await signedUp();
    const answers = await Promise.all(
      [1, 2].map(() => client().auth.refreshSession({ refresh_token: refreshToken })),
    );
    const tokens = answers.map(({ data }) => data.session!.refresh_token);
    expect(tokens[0]).toBe(tokens[1]);
  });

  test('with a token that was rotated a while ago ends the whole session', async () => {
    const { supabase, email, refreshToken } = await signedUp();
    const elsewhere = await signedIn(email);
    const { data } = await supabase.auth.refreshSession();
    await age(refreshToken);

    const stolen = await client().auth.refreshSession({ refresh_token: refreshToken });
    expect(stolen.error).toMatchObject({ status: 400, code: 'refresh_token_already_used' });

    const owner = await client().auth.refreshSession({ refresh_token: data.session!.refresh_token });
    expect(owner.error).toMatchObject({ status: 400, code: 'refresh_token_not_found' });
    expect((await client().auth.getUser(data.session!.access_token)).error).toMatchObject({
      name: 'AuthSessionMissingError',
    });
    expect((await elsewhere.auth.refreshSession()).error).toBeNull();
  });

  test('with an unknown token is refused', async () => {
    const { error } = await client().auth.refreshSession({ refresh_token: 'made-up' });
    expect(error).toMatchObject({ status: 400, code: 'refresh_token_not_found' });
  });
});

describe('signing out', () => {
  test.each([
    ['local', false, true],
    ['others', true, false],
    ['global', false, false],
  ] as const)('with scope %s ends the right sessions', async (scope, ownLives, otherLives) => {
    const { supabase, email } = await signedUp();
    const other = await signedIn(email);
    const [own, others] = await Promise.all(
      [supabase, other].map(async ({ auth }) => (await auth.getSession()).data.session!.access_token),
    );
    const { error } = await supabase.auth.signOut({ scope });
    expect(error).toBeNull();
    expect((await client().auth.getUser(own)).error === null).toBe(ownLives);
    expect((await client().auth.getUser(others)).error === null).toBe(otherLives);
  });
});

describe('changing the account', () => {
  test('a new password ends the other sessions and is the one that counts', async () => {
    const { supabase, email } = await signedUp();
    const other = await signedIn(email);
    const same = await supabase.auth.updateUser({ password });
    expect(same.error).toMatchObject({ status: 422, code: 'same_password' });
    const changed = await supabase.auth.updateUser({ password: 'another horse', data: { theme: 'dark' } });
    expect(changed.error).toBeNull();
    expect(changed.data.user!.user_metadata).toMatchObject({ theme: 'dark', email });
    expect((await other.auth.refreshSession()).error).toMatchObject({ code: 'refresh_token_not_found' });
    expect((await supabase.auth.refreshSession()).error).toBeNull();
    const old = await client().auth.signInWithPassword({ email, password });
    expect(old.error).toMatchObject({ code: 'invalid_credentials' });
  });

  test('another address is refused', async () => {
    const { supabase } = await signedUp();
    const { error } = await supabase.auth.updateUser({ email: newEmail() });
    expect(error).toMatchObject({ status: 400, code: 'validation_failed' });
  });
});

describe('errors', () => {
  const wrong = (headers: Record<string, string>) =>
    fetch(`${url}/auth/v1/token?grant_type=password`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ email: newEmail(), password }),
    });

  test('have the shape of the API version that is asked for', async () => {
    const current = await wrong({ 'x-supabase-api-version': '2024-01-01' });
    expect(current.headers.get('x-supabase-api-version')).toBe('2024-01-01');
    expect(await current.json()).toEqual({
      code: 'invalid_credentials',
      message: 'Invalid login credentials',
    });
    const initial = await wrong({});
    expect(initial.headers.get('x-supabase-api-version')).toBeNull();
    expect(await initial.json()).toEqual({
      code: 400,
      error_code: 'invalid_credentials',
      msg: 'Invalid login credentials',
    });
  });

  test('name a missing token', async () => {
    const response = await fetch(`${url}/auth/v1/user`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error_code: 'no_authorization' });
  });
});

describe('the signing key', () => {
  test('is kept for its owner only, and is the same after a restart', async () => {
    const file = join(folder, 'auth-signing-key.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await openSigningKeys(folder)).jwks).toEqual(keys.jwks);
  });

  test('is published without its private part', async () => {
    const response = await fetch(`${url}/auth/v1/.well-known/jwks.json`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=600');
    const published = await response.text();
    expect(JSON.parse(published)).toEqual({
      keys: [expect.objectContaining({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })],
    });
    const { d } = JSON.parse(await readFile(join(folder, 'auth-signing-key.json'), 'utf8')) as { d: string };
    expect(published).not.toContain(d);
  });
});
