import { defineConfig } from '@torale/contracts';
import { z } from 'zod';

export const secretsKeySchema = z
  .base64()
  .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
  .refine((key) => key.length === 32, 'must be 32 bytes in base64: openssl rand -base64 32');

export const secretsConfig = defineConfig('secrets', {
  SECRETS_KEY: secretsKeySchema.meta({
    description:
      "Seals users' cookies, headers, proxies and channels at rest, and signs the links in mails: 32 bytes in base64, the same for gateway, content-processor and notifications. Whoever changes it makes what is sealed unreadable.",
  }),
});
