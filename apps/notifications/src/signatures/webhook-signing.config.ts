import { defineConfig } from '@torale/contracts';
import { z } from 'zod';
import { readSigningKeys } from './webhook-signing-keys.ts';

export const webhookSigningConfig = defineConfig('webhook-signing', {
  WEBHOOK_SIGNING_KEY: z
    .string()
    .superRefine((text, context) => {
      try {
        readSigningKeys(text);
      } catch (error) {
        context.addIssue((error as Error).message);
      }
    })
    .meta({
      description:
        'Signs webhooks by RFC 9421: an Ed25519 private key as PEM (`openssl genpkey -algorithm ed25519`) or as a JSON Web Key. To rotate, a JSON Web Key Set: its first key signs, the older ones are only published at `/.well-known/jwks.json`.',
    }),
});
