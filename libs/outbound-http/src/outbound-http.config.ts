import { defineConfig } from '@torale/contracts';
import { z } from 'zod';
import { parseCidr, type Cidr } from './address-policy.ts';

const cidrListSchema = z.string().transform((text, context): Cidr[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .flatMap((entry) => {
      try {
        return [parseCidr(entry)];
      } catch (error) {
        context.addIssue(
          `"${entry}" is not an address range such as 10.0.0.0/8: ${(error as Error).message}`,
        );
        return [];
      }
    }),
);

export const outboundHttpConfig = defineConfig('outbound-http', {
  OUTBOUND_ALLOW_CIDRS: cidrListSchema.prefault('').meta({
    description:
      'Address ranges, comma-separated, that may be fetched although they are not public, such as `127.0.0.0/8`. Everything private is refused when empty.',
  }),
  OUTBOUND_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .default(20_000)
    .meta({ description: 'How long one fetch may take from name lookup to last byte, redirects included.' }),
  OUTBOUND_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(10_000_000)
    .meta({ description: 'Largest body, after decompression.' }),
  OUTBOUND_MAX_REDIRECTS: z.coerce
    .number()
    .int()
    .min(0)
    .max(50)
    .default(10)
    .meta({ description: 'Redirects followed in one fetch.' }),
  OUTBOUND_USER_AGENT: z
    .string()
    .min(1)
    .default('Mozilla/5.0 (compatible; Torale/0.1; +https://torale.dev/bot)')
    .meta({ description: 'How Torale introduces itself to the sites it fetches.' }),
});
