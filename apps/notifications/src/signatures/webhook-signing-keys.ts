import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { SigningKeys } from '@torale/contracts';
import { calculateJwkThumbprint } from 'jose';

/** What webhooks are signed with by RFC 9421. */
export interface WebhookSigningKeys {
  current: { kid: string; privateKey: KeyObject };
  /** The current one, and older ones whose signatures still count. */
  published: SigningKeys;
}
export const WEBHOOK_SIGNING_KEYS = Symbol.for('torale.WebhookSigningKeys');

/**
 * Reads an Ed25519 private key as PEM or as a JSON Web Key, or a JSON Web Key Set: its first key, a private one, signs,
 * the others are older ones.
 * @throws Error for anything else, without a word of what it was given
 */
export function readSigningKeys(text: string): { current: KeyObject; older: KeyObject[] } {
  const [current, ...older] = keysIn(text).map((key) => {
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('must hold Ed25519 keys only');
    return key;
  });
  if (current?.type !== 'private') throw new Error('must begin with a private key');
  return { current, older: older.map((key) => (key.type === 'private' ? createPublicKey(key) : key)) };
}

function keysIn(text: string): KeyObject[] {
  try {
    if (text.trimStart().startsWith('-----')) return [createPrivateKey(text)];
    const parsed = JSON.parse(text) as { keys?: unknown };
    const keys = (Array.isArray(parsed.keys) ? parsed.keys : [parsed]) as { d?: string }[];
    return keys.map((key) =>
      (key.d === undefined ? createPublicKey : createPrivateKey)({ key, format: 'jwk' }),
    );
  } catch {
    // Without its cause, which may quote the key.
    throw new Error('must be an Ed25519 private key: PEM, JSON Web Key, or a set whose first key signs');
  }
}

export async function webhookSigningKeys(text: string): Promise<WebhookSigningKeys> {
  const { current, older } = readSigningKeys(text);
  const keys = await Promise.all([createPublicKey(current), ...older].map(published));
  return { current: { kid: keys[0]!.kid, privateKey: current }, published: { keys } };
}

async function published(key: KeyObject): Promise<SigningKeys['keys'][number]> {
  const jwk = { kty: 'OKP' as const, crv: 'Ed25519' as const, x: key.export({ format: 'jwk' }).x! };
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA', use: 'sig' };
}
