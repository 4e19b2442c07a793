import { defineConfig } from '@torale/contracts';
import { z } from 'zod';

export const contentProcessorConfig = defineConfig('content-processor', {
  CONTENT_MAX_BLOCKS: z.coerce
    .number()
    .int()
    .min(1)
    .default(20_000)
    .meta({ description: 'A page of more blocks than this fails as too large.' }),
  CONTENT_MAX_EMBEDDED_BLOCKS: z.coerce
    .number()
    .int()
    .min(0)
    .default(256)
    .meta({ description: 'How many new blocks of one content get a vector when it is stored.' }),
});
