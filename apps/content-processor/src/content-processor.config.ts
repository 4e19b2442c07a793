import { availableParallelism } from 'node:os';
import { defineConfig } from '@torale/contracts';
import { z } from 'zod';
import { renderVariables } from './render/render-variables.ts';

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
  PROCESS_BATCH_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(8)
    .meta({ description: 'Sources of one batch that are processed at the same time.' }),
  RETENTION_CONTENTS: z.coerce.number().int().min(1).max(10_000).default(100).meta({
    description:
      'How many contents of each source are kept where its query does not say. What was judged last and what alerts cite always is.',
  }),
  RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(90)
    .meta({ description: 'For how many days contents are kept where their query does not say.' }),
  EXTRACTION_THREADS: z.coerce
    .number()
    .int()
    .min(1)
    .default(Math.max(1, availableParallelism() - 1))
    .meta({
      description: 'How many large pages are read at once; one less than there are processors by default.',
    }),
  EXTRACTION_TIMEOUT_MS: z.coerce.number().int().min(100).default(10_000).meta({
    description: 'A page that takes longer to read fails as too large.',
  }),
  EXTRACTION_MAX_MEMORY_MB: z.coerce
    .number()
    .int()
    .min(16)
    .default(384)
    .meta({ description: 'A page that takes more memory to read, in megabytes, fails as too large.' }),
  ...renderVariables,
});
