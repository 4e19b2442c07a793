import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
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
  const file = join(dataDir, FILE);
  const stored = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (stored !== null) return signingKeysOf(JSON.parse(stored) as JWK);
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  await mkdir(dataDir, { recursive: true });
  await writePrivate(file, JSON.stringify(jwk));
  return signingKeysOf(jwk);
}

/** All or nothing: half a key in the file would lock everybody out at the next start. */
async function writePrivate(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
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
