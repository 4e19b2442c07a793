import { hkdfSync } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';

/** Signs what is put into links that work without an account: whoever has such a link can do what it says, no more. */
export interface LinkSigner {
  /** The same text for the same claims, without an end: links in old mails still work. */
  sign(purpose: string, claims: Record<string, string>): Promise<string>;
  /** Null for what was not signed here, or for another purpose. */
  verify(purpose: string, token: string): Promise<Record<string, unknown> | null>;
}
export const LINK_SIGNER = Symbol.for('torale.LinkSigner');

/**
 * JSON Web Tokens (HS256) with a key of their own, derived from the one that seals.
 * @param key 32 bytes
 */
export function createLinkSigner(key: Uint8Array): LinkSigner {
  const signingKey = new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), 'torale links', 32));
  return {
    sign: (purpose, claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setAudience(purpose).sign(signingKey),

    async verify(purpose, token) {
      try {
        const { payload } = await jwtVerify(token, signingKey, { algorithms: ['HS256'], audience: purpose });
        return payload;
      } catch (error) {
        if (error instanceof errors.JOSEError) return null;
        throw error;
      }
    },
  };
}
