import { Inject, Injectable } from '@nestjs/common';
import bcrypt from 'bcryptjs';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { z } from 'zod';
import { AttemptLimiter } from './attempt-limiter.ts';
import type { UserRow } from './auth-schema.ts';
import { GoTrueError } from './gotrue-error.ts';
import { type GoTrueUser, goTrueUser } from './gotrue-user.ts';
import { SIGNING_KEYS, type SigningKeys } from './signing-keys.ts';
import { supabaseAuthConfig, type SupabaseAuthConfig } from './supabase-auth.config.ts';
import { type Session, type SignInOrigin, SupabaseAuthRepository } from './supabase-auth.repository.ts';

/** GoTrue's defaults. */
const ACCESS_TOKEN_SECONDS = 3600;
const REFRESH_TOKEN_REUSE_SECONDS = 10;
const BCRYPT_COST = 10;
const MIN_PASSWORD_LENGTH = 6;
/** bcrypt ignores what is longer. */
const MAX_PASSWORD_BYTES = 72;

export interface AccessTokenResponse {
  access_token: string;
  token_type: 'bearer';
  /** Seconds. */
  expires_in: number;
  /** Seconds since the epoch. */
  expires_at: number;
  refresh_token: string;
  user: GoTrueUser;
}

/** Who a request to a signed-in route comes from. */
interface Bearer {
  user: UserRow;
  session_id: string;
}

/** Postgres cannot hold U+0000; GoTrue takes what is no text for missing. */
const storable = (value: unknown) => !JSON.stringify(value).match(/(?<!\\)(\\\\)*\\u0000/);
const text = z.string().refine(storable).catch('');
const metadataSchema = z
  .record(z.string(), z.unknown())
  .refine(storable, 'user metadata must not contain the character U+0000');
const credentialsSchema = z.object({
  email: text.transform((email) => email.trim().toLowerCase()),
  password: text,
  data: metadataSchema.default({}),
});
const userChangeSchema = z.object({
  email: z.string().optional(),
  password: z.string().optional(),
  data: metadataSchema.optional(),
});

/** GoTrue for e-mail and password: accounts, sessions, access tokens. Every failure is a GoTrueError. */
@Injectable()
export class SupabaseAuthService {
  private readonly issuer: string;
  private readonly signIns = new AttemptLimiter(10, 60_000);
  /** Compared with when there is no account, so that an unknown address takes as long as a wrong password. */
  private readonly nobodysHash = bcrypt.hash('', BCRYPT_COST);

  constructor(
    @Inject(SupabaseAuthRepository) private readonly repository: SupabaseAuthRepository,
    @Inject(SIGNING_KEYS) private readonly keys: SigningKeys,
    @Inject(supabaseAuthConfig.token) config: SupabaseAuthConfig,
  ) {
    this.issuer = `${config.SUPABASE_URL}/auth/v1`;
  }

  /** Makes a confirmed account and signs it in: there is no mailer to confirm by. */
  async signUp(body: unknown, origin: SignInOrigin): Promise<AccessTokenResponse> {
    const { email, password, data } = parse(credentialsSchema, body);
    if (email === '' && password === '') {
      throw new GoTrueError(422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled');
    }
    if (password === '') throw invalid('Signup requires a valid password');
    assertAcceptablePassword(password);
    if (email === '') throw invalid('Sign up only available with email provider');
    if (email.length > 255 || !z.email().safeParse(email).success) {
      throw invalid('Unable to validate email address: invalid format');
    }
    const userId = await this.repository.createUser(email, await bcrypt.hash(password, BCRYPT_COST), data);
    if (userId === null) throw new GoTrueError(422, 'user_already_exists', 'User already registered');
    return this.respond(await this.repository.startSession(userId, origin));
  }

  async signIn(body: unknown, origin: SignInOrigin): Promise<AccessTokenResponse> {
    const { email, password } = parse(credentialsSchema, body);
    if (email === '') throw invalid('missing email or phone');
    const attempts = `${origin.ip} ${email}`;
    if (!this.signIns.take(attempts)) {
      throw new GoTrueError(429, 'over_request_rate_limit', 'Request rate limit reached');
    }
    const user = await this.repository.findUserByEmail(email);
    const matches = await bcrypt.compare(password, user?.encrypted_password ?? (await this.nobodysHash));
    if (!user?.encrypted_password || !matches) {
      throw new GoTrueError(400, 'invalid_credentials', 'Invalid login credentials');
    }
    this.signIns.reset(attempts);
    return this.respond(await this.repository.startSession(user.id, origin));
  }

  async refresh(body: unknown): Promise<AccessTokenResponse> {
    const { refresh_token } = parse(z.object({ refresh_token: text }), body);
    if (refresh_token === '') throw invalid('refresh_token required');
    const session = await this.repository.rotate(refresh_token, REFRESH_TOKEN_REUSE_SECONDS);
    if (session === 'not_found') {
      throw new GoTrueError(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');
    }
    if (session === 'already_used') {
      throw new GoTrueError(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used');
    }
    return this.respond(session);
  }

  async getUser(authorization: string | undefined): Promise<GoTrueUser> {
    return goTrueUser((await this.authenticate(authorization)).user);
  }

  /** Changes the password, which ends the user's other sessions, or the user's own metadata. */
  async updateUser(authorization: string | undefined, body: unknown): Promise<GoTrueUser> {
    const { user, session_id } = await this.authenticate(authorization);
    const { email, password, data } = parse(userChangeSchema, body);
    if (email !== undefined && email.toLowerCase() !== user.email) {
      throw invalid('The e-mail address cannot be changed on this server');
    }
    let passwordHash: string | undefined;
    if (password !== undefined) {
      assertAcceptablePassword(password);
      if (user.encrypted_password && (await bcrypt.compare(password, user.encrypted_password))) {
        throw new GoTrueError(
          422,
          'same_password',
          'New password should be different from the old password.',
        );
      }
      passwordHash = await bcrypt.hash(password, BCRYPT_COST);
    }
    const updated = await this.repository.updateUser(user.id, { passwordHash, data });
    if (passwordHash !== undefined) await this.repository.endSessions(user.id, { except: session_id });
    return goTrueUser(updated);
  }

  async signOut(authorization: string | undefined, scope: string | undefined): Promise<void> {
    const { user, session_id } = await this.authenticate(authorization);
    switch (scope ?? 'global') {
      case '':
      case 'global':
        return this.repository.endSessions(user.id, 'all');
      case 'local':
        return this.repository.endSessions(user.id, { only: session_id });
      case 'others':
        return this.repository.endSessions(user.id, { except: session_id });
      default:
        throw invalid(`Unsupported logout scope "${scope}"`);
    }
  }

  private async authenticate(authorization: string | undefined): Promise<Bearer> {
    const token = /^bearer (.+)$/i.exec(authorization ?? '')?.[1];
    if (!token) throw new GoTrueError(401, 'no_authorization', 'This endpoint requires a valid Bearer token');
    const claims = await this.verify(token);
    const ids = z.object({ sub: z.uuid(), session_id: z.uuid() }).safeParse(claims);
    if (!ids.success) throw new GoTrueError(403, 'bad_jwt', 'invalid claim: sub claim must be a UUID');
    const { sub, session_id } = ids.data;
    const user = await this.repository.findUserOfSession(sub, session_id);
    if (!user) {
      throw new GoTrueError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
    }
    return { user, session_id };
  }

  private async verify(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, this.keys.publicKey, {
        algorithms: ['ES256'],
        issuer: this.issuer,
        audience: 'authenticated',
      });
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      throw new GoTrueError(
        403,
        'bad_jwt',
        `invalid JWT: unable to parse or verify signature, ${error.message}`,
      );
    }
  }

  private async respond({
    user,
    session_id,
    signed_in_at,
    refresh_token,
  }: Session): Promise<AccessTokenResponse> {
    const iat = Math.floor(Date.now() / 1000);
    const exp = iat + ACCESS_TOKEN_SECONDS;
    const access_token = await this.keys.sign({
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: Math.floor(Date.parse(signed_in_at) / 1000) }],
      app_metadata: user.raw_app_meta_data,
      aud: user.aud,
      email: user.email,
      exp,
      iat,
      is_anonymous: false,
      iss: this.issuer,
      phone: '',
      role: user.role,
      session_id,
      sub: user.id,
      user_metadata: user.raw_user_meta_data,
    });
    return {
      access_token,
      token_type: 'bearer',
      expires_in: ACCESS_TOKEN_SECONDS,
      expires_at: exp,
      refresh_token,
      user: goTrueUser(user),
    };
  }
}

const invalid = (message: string) => new GoTrueError(400, 'validation_failed', message);

function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body ?? {});
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error));
  return parsed.data;
}

function assertAcceptablePassword(password: string): void {
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    throw invalid(`Password cannot be longer than ${MAX_PASSWORD_BYTES} characters`);
  }
  if (password.length < MIN_PASSWORD_LENGTH) {
    throw new GoTrueError(
      422,
      'weak_password',
      `Password should be at least ${MIN_PASSWORD_LENGTH} characters.`,
      { weak_password: { reasons: ['length'] } },
    );
  }
}
