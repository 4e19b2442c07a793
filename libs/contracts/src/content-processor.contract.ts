import { z } from 'zod';
import { idSchema } from './common.ts';
import { blockSchema } from './content.ts';
import { defineContract, defineEndpoint, type ServiceApi } from './endpoint.ts';
import { fetchOutcomeSchema } from './monitored-source.ts';

export const processRequestSchema = z.strictObject({ source_id: idSchema }).meta({ id: 'ProcessRequest' });
export type ProcessRequest = z.infer<typeof processRequestSchema>;

export const processResponseSchema = z
  .object({
    outcome: fetchOutcomeSchema,
    http_status: z.int().nullable(),
    content_id: idSchema.nullable().meta({
      description: 'The content that stands now; null when the outcome is neither `ok` nor `not_modified`.',
    }),
    detail: z
      .string()
      .nullable()
      .meta({ description: 'What went wrong, in a sentence, when something did.' }),
  })
  .meta({ id: 'ProcessResponse' });
export type ProcessResponse = z.infer<typeof processResponseSchema>;

export const extractRequestSchema = z
  .strictObject({ html: z.string().min(1), url: z.string().max(2048) })
  .meta({ id: 'ExtractRequest' });
export type ExtractRequest = z.infer<typeof extractRequestSchema>;
export const extractResponseSchema = z
  .object({ title: z.string().nullable(), blocks: z.array(blockSchema) })
  .meta({ id: 'ExtractResponse' });
export type ExtractResponse = z.infer<typeof extractResponseSchema>;

/** URL → content. Idempotent: processing an unchanged source again gives the same `content_id`. */
export const contentProcessorContract = defineContract('content-processor', {
  process: defineEndpoint({
    method: 'POST',
    path: '/process',
    summary: 'Fetch a source, extract its blocks, store them if they differ from the last content',
    body: processRequestSchema,
    response: processResponseSchema,
    deadline_ms: 60_000,
  }),
  extract: defineEndpoint({
    method: 'POST',
    path: '/extract',
    summary: 'The blocks of a page that is given as HTML; fetches and stores nothing',
    body: extractRequestSchema,
    response: extractResponseSchema,
  }),
});
export type ContentProcessorApi = ServiceApi<typeof contentProcessorContract>;
export const CONTENT_PROCESSOR_API = Symbol.for('torale.ContentProcessorApi');
