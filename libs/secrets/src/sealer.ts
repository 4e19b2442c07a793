import { createHmac, hkdfSync } from 'node:crypto';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';

/** Keeps what users entrust to Torale unreadable at rest. */
export interface Sealer {
  /** JSON as text that only the same key opens, and only in the name of the same owner. */
  seal(ownerId: string, value: unknown): Promise<string>;
  /** What was sealed. Rejects with SealError for another key, another owner, and text that was tampered with. */
  open(ownerId: string, sealed: string): Promise<unknown>;
  /**
   * The same for the same text, and of no use without the key: for what is compared only, and has too few values for
   * a plain hash to hide it.
   */
  keyedHash(text: string): string;
}
export const SEALER = Symbol.for('torale.Sealer');

export class SealError extends Error {
  override readonly name = 'SealError';
}

const algorithms = { alg: 'dir', enc: 'A256GCM' };

/**
 * JSON Web Encryption with one symmetric key. The owner is sealed in with the value, so that a sealed text which is
 * copied to another owner's row does not open there.
 * @param key 32 bytes
 */
export function createSealer(key: Uint8Array): Sealer {
  const hashKey = Buffer.from(hkdfSync('sha256', key, '', 'torale keyed hash', 32));
  return {
    keyedHash: (text) => createHmac('sha256', hashKey).update(text).digest('base64url'),

    seal: (ownerId, value) =>
      new EncryptJWT({ value }).setProtectedHeader(algorithms).setSubject(ownerId).encrypt(key),

    async open(ownerId, sealed) {
      try {
        const { payload } = await jwtDecrypt(sealed, key, {
          subject: ownerId,
          keyManagementAlgorithms: [algorithms.alg],
          contentEncryptionAlgorithms: [algorithms.enc],
        });
        return payload['value'];
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error;
        // Without its cause, whose claims may hold what was sealed.
        throw new SealError('What was sealed cannot be opened: another key, another owner, or damaged');
      }
    },
  };
}
