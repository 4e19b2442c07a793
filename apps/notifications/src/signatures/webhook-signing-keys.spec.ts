import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { webhookSigningConfig } from './webhook-signing.config.ts';
import { webhookSigningKeys } from './webhook-signing-keys.ts';

const [newest, older] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' });
const setOf = (...keys: KeyObject[]) => JSON.stringify({ keys: keys.map(jwkOf) });

it.each([
  ['PEM', newest.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
  ['a JSON Web Key', JSON.stringify(jwkOf(newest.privateKey))],
  ['a set of one', setOf(newest.privateKey)],
])('reads a private key as %s, and publishes its public half', async (_form, text) => {
  const { current, published } = await webhookSigningKeys(text);
  expect(current.privateKey.equals(newest.privateKey)).toBe(true);
  const { kty, crv, x } = jwkOf(newest.publicKey);
  const kid = await calculateJwkThumbprint({ kty: kty!, crv: crv!, x: x! });
  expect(published).toEqual({ keys: [{ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }] });
  expect(current.kid).toBe(kid);
  expect(webhookSigningConfig.schema.safeParse({ WEBHOOK_SIGNING_KEY: text }).success).toBe(true);
});

it.each([
  ['public', older.publicKey],
  ['private', older.privateKey],
])('publishes older keys beside the one that signs, given as %s ones', async (_kind, olderKey) => {
  const before = await webhookSigningKeys(setOf(older.privateKey));
  const after = await webhookSigningKeys(setOf(newest.privateKey, olderKey));
  expect(after.current.privateKey.equals(newest.privateKey)).toBe(true);
  expect(after.published.keys.map(({ kid }) => kid)).toEqual([after.current.kid, before.current.kid]);
  expect(JSON.stringify(after.published)).not.toContain('"d"');
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
it.each([
  ['nothing', ''],
  ['text', 'secret-words'],
  ['an empty set', '{"keys":[]}'],
  ['a public key', setOf(newest.publicKey)],
  ['a public key before the private one', setOf(older.publicKey, newest.privateKey)],
  ['RSA', rsa.export({ type: 'pkcs8', format: 'pem' }).toString()],
  ['a damaged key', `{"kty":"OKP","crv":"Ed25519","d":"secret-words","x":"AA"}`],
])('refuses %s, and does not repeat it', (_what, text) => {
  const { error } = webhookSigningConfig.schema.safeParse({ WEBHOOK_SIGNING_KEY: text });
  expect(error?.issues).toHaveLength(1);
  expect(JSON.stringify(error)).toContain('must');
  expect(JSON.stringify(error)).not.toMatch(/secret-words|PRIVATE/);
});
