import { z } from 'zod';

/** A JSON Web Key Set (RFC 7517) of Ed25519 public keys (RFC 8037). */
export const signingKeysSchema = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string(),
        kid: z.string().meta({ description: 'The thumbprint of the key (RFC 7638).' }),
        alg: z.literal('EdDSA'),
        use: z.literal('sig'),
      }),
    ),
  })
  .meta({
    id: 'SigningKeys',
    description: 'The one that signs now, and older ones whose signatures still count.',
  });
export type SigningKeys = z.infer<typeof signingKeysSchema>;
