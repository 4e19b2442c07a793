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
  EXTRACTION_PROCESSES: z.coerce
    .number()
    .int()
    .min(1)
    .default(1)
    .meta({ description: 'How many processes read large pages at most; each may take a processor.' }),
  EXTRACTION_TIMEOUT_MS: z.coerce.number().int().min(100).default(10_000).meta({
    description: 'A page that takes longer to read fails as too large.',
  }),
  EXTRACTION_MAX_MEMORY_MB: z.coerce
    .number()
    .int()
    .min(16)
    .default(384)
    .meta({ description: 'A page that takes more memory to read, in megabytes, fails as too large.' }),
  POLITENESS_SPACING_MS: z.coerce.number().int().min(0).default(1000).meta({
    description:
      'Pause between two requests to one host, milliseconds, from the end of one to the beginning of the next. A site asks for a longer one with `Crawl-delay` in its robots.txt.',
  }),
  POLITENESS_CONCURRENCY: z.coerce.number().int().min(1).default(1).meta({
    description:
      'Requests to one host at the same time. With more than one the pause is between their beginnings.',
  }),
  POLITENESS_MAX_WAIT_MS: z.coerce.number().int().min(0).max(20_000).default(3000).meta({
    description: 'How long a check waits for its turn at a host before it is put back and comes again later.',
  }),
  POLITENESS_BACK_OFF_MS: z.coerce.number().int().min(0).default(30_000).meta({
    description:
      'How long a host is left alone that answers 429 or 503 without `Retry-After`; twice as long each time, up to an hour.',
  }),
  ...renderVariables,
});
