import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@torale/contracts';
import type { UserClaims } from '@torale/database';
import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { gatewayConfig, type GatewayConfig } from '../gateway.config.ts';

/** Finds the public key that an access token was signed with: Supabase's JWKS. Bound by each `main.ts`. */
export type AccessTokenKeys = JWTVerifyGetKey;
export const ACCESS_TOKEN_KEYS = Symbol.for('torale.AccessTokenKeys');

/** What makes a token a user's: keys of a project (anon, service_role) have another role and no user. */
const claimsSchema = z.object({
  sub: z.uuid(),
  role: z.literal('authenticated'),
  email: z.string().optional(),
});

/** Faults of the token; every other failure to verify is one of the key set behind it. */
const tokenFaults = [
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSMultipleMatchingKeys,
  errors.JWKSNoMatchingKey,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
];

/** Verifies the access tokens of Supabase. */
@Injectable()
export class AccessTokens {
  private readonly issuer: string;
  private readonly secret: Uint8Array | undefined;

  constructor(
    @Inject(ACCESS_TOKEN_KEYS) private readonly keys: AccessTokenKeys,
    @Inject(gatewayConfig.token) config: GatewayConfig,
  ) {
    this.issuer = `${config.SUPABASE_URL}/auth/v1`;
    this.secret = config.SUPABASE_JWT_SECRET
      ? new TextEncoder().encode(config.SUPABASE_JWT_SECRET)
      : undefined;
  }

  /** Rejects with `unauthenticated`, or with `service_unavailable` when the keys cannot be had. */
  async verify(token: string): Promise<UserClaims> {
    let payload: JWTPayload;
    try {
      payload = await this.payloadOf(token);
    } catch (error) {
      if (tokenFaults.some((fault) => error instanceof fault)) {
        const reason = error instanceof errors.JWTExpired ? 'has expired' : 'is not valid';
        throw new AppError('unauthenticated', `The access token ${reason}`, { cause: error });
      }
      throw new AppError('service_unavailable', 'Access tokens cannot be checked at the moment', {
        cause: error,
      });
    }
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) throw new AppError('unauthenticated', "The access token is not a user's");
    return claims.data;
  }

  /** The key decides the algorithms: a public key never checks an HMAC, a secret never anything else. */
  private async payloadOf(token: string): Promise<JWTPayload> {
    const expected = { issuer: this.issuer, audience: 'authenticated', requiredClaims: ['exp'] };
    if (this.secret && algorithmOf(token) === 'HS256') {
      return (await jwtVerify(token, this.secret, { ...expected, algorithms: ['HS256'] })).payload;
    }
    return (await jwtVerify(token, this.keys, { ...expected, algorithms: ['ES256', 'RS256'] })).payload;
  }
}

function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch (error) {
    throw new errors.JWTInvalid('The token has no readable header', { cause: error });
  }
}
