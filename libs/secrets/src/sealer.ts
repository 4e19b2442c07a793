import { EncryptJWT, errors, jwtDecrypt } from 'jose';

/** Keeps what users entrust to Torale unreadable at rest. */
export interface Sealer {
  /** JSON as text that only the same key opens, and only in the name of the same owner. */
  seal(ownerId: string, value: unknown): Promise<string>;
  /** What was sealed. Rejects with SealError for another key, another owner, and text that was tampered with. */
  open(ownerId: string, sealed: string): Promise<unknown>;
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
  return {
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
