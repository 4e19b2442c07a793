import { join } from 'node:path';
import { privateFile } from '@torale/secrets';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  type JWTVerifyGetKey,
  SignJWT,
} from 'jose';

const ALGORITHM = 'ES256';
const FILE = 'auth-signing-key.json';

/** The key pair that access tokens are signed with. */
export interface SigningKeys {
  /** Public keys only, as served at `/.well-known/jwks.json`. */
  readonly jwks: JSONWebKeySet;
  /** Finds the public key of a token: what `jwtVerify` of jose takes. */
  readonly publicKey: JWTVerifyGetKey;
  sign(claims: JWTPayload): Promise<string>;
}
export const SIGNING_KEYS = Symbol.for('torale.SigningKeys');

/**
 * The signing keys of a data folder, made at the first call and the same ever after.
 * Rejects when the folder cannot be written or the file in it is not a key.
 */
export async function openSigningKeys(dataDir: string): Promise<SigningKeys> {
  const stored = await privateFile(join(dataDir, FILE), async () => {
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    return JSON.stringify(await exportJWK(privateKey));
  });
  return signingKeysOf(JSON.parse(stored) as JWK);
}

async function signingKeysOf(jwk: JWK): Promise<SigningKeys> {
  const privateKey = await importJWK(jwk, ALGORITHM);
  const kid = await calculateJwkThumbprint(jwk);
  const { d: _private, ...publicPart } = jwk;
  const jwks: JSONWebKeySet = {
    keys: [{ ...publicPart, kid, alg: ALGORITHM, use: 'sig', key_ops: ['verify'], ext: true }],
  };
  return {
    jwks,
    publicKey: createLocalJWKSet(jwks),
    sign: (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid, typ: 'JWT' }).sign(privateKey),
  };
}
