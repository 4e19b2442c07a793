import { createHash, type KeyObject } from 'node:crypto';
import { createSigner, httpbis } from 'http-message-signatures';

/** What is said of a request, so that none of it can be changed and none of it be used elsewhere. */
const components = [
  '@method',
  '@target-uri',
  'content-digest',
  'content-type',
  'webhook-id',
  'webhook-timestamp',
];
const tag = 'torale-webhook';

export interface SignableRequest {
  method: string;
  /** As it is sent. */
  url: string;
  headers: Record<string, string>;
  body: string;
}

/**
 * The headers that sign a request by RFC 9421: Content-Digest (RFC 9530), Signature-Input and Signature.
 * @param key an Ed25519 private key and what it is published as
 */
export async function signRequest(
  { body, ...request }: SignableRequest,
  { kid, privateKey }: { kid: string; privateKey: KeyObject },
  created: Date,
): Promise<Record<string, string>> {
  const digest = { 'content-digest': `sha-256=:${createHash('sha256').update(body).digest('base64')}:` };
  const signed = await httpbis.signMessage(
    {
      key: createSigner(privateKey, 'ed25519', kid),
      name: 'torale',
      fields: components,
      params: ['created', 'keyid', 'alg', 'tag'],
      paramValues: { created, tag },
    },
    { ...request, headers: { ...request.headers, ...digest } },
  );
  const { Signature, 'Signature-Input': SignatureInput } = signed.headers as Record<string, string>;
  return { ...digest, 'signature-input': SignatureInput!, signature: Signature! };
}
