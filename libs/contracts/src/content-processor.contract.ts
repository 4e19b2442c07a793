import { z } from 'zod';
import { httpUrlSchema, idParamsSchema, idSchema, timestampSchema } from './common.ts';
import { blockSchema, contentDiffSchema, contentSchema } from './content.ts';
import { defineContract, defineEndpoint, defineStream, type ServiceApi } from './endpoint.ts';
import { fetchOutcomeSchema } from './monitored-source.ts';
import { problemSchema } from './problem.ts';

export const processRequestSchema = z
  .strictObject({
    source_id: idSchema,
    has_queued: z.boolean().optional().meta({
      description:
        'That the last call was answered `deferred`, and it is `retry_at` now: this one goes before others.',
    }),
  })
  .meta({ id: 'ProcessRequest' });
export type ProcessRequest = z.infer<typeof processRequestSchema>;

export const processedSchema = z
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
  .meta({ id: 'Processed' });

/** Nothing was fetched: too many others want to read the same host. */
export const deferredSchema = z
  .object({
    outcome: z.literal('deferred'),
    retry_at: timestampSchema.meta({ description: 'When it is the turn of this source.' }),
    http_status: z.null(),
    content_id: z.null(),
    detail: z.string(),
  })
  .meta({ id: 'Deferred' });

export const processResponseSchema = z
  .discriminatedUnion('outcome', [processedSchema, deferredSchema])
  .meta({ id: 'ProcessResponse' });
export type ProcessResponse = z.infer<typeof processResponseSchema>;

export const processBatchRequestSchema = z
  .strictObject({ source_ids: z.array(idSchema).min(1).max(100) })
  .meta({ id: 'ProcessBatchRequest' });
export type ProcessBatchRequest = z.infer<typeof processBatchRequestSchema>;

/** What became of one source of a batch. */
export const processBatchResultSchema = z
  .object({
    source_id: idSchema,
    result: processResponseSchema.nullable(),
    problem: problemSchema.nullable().meta({ description: 'Why there is no result.' }),
  })
  .meta({ id: 'ProcessBatchResult' });
export type ProcessBatchResult = z.infer<typeof processBatchResultSchema>;

export const scrapeRequestSchema = z.strictObject({ url: httpUrlSchema }).meta({ id: 'ScrapeRequest' });
export type ScrapeRequest = z.infer<typeof scrapeRequestSchema>;

export const scrapeResponseSchema = z
  .object({
    outcome: fetchOutcomeSchema,
    http_status: z.int().nullable(),
    detail: processedSchema.shape.detail,
    url: z.string().meta({ description: 'Where it was found, after redirects.' }),
    content_type: z.string().nullable(),
    title: z.string().nullable(),
    content_hash: z.string().nullable(),
    blocks: z.array(blockSchema).meta({ description: 'Empty when the outcome is not `ok`.' }),
    fetched_at: timestampSchema,
  })
  .meta({ id: 'ScrapeResponse' });
export type ScrapeResponse = z.infer<typeof scrapeResponseSchema>;

export const embedRequestSchema = z
  .strictObject({ texts: z.array(z.string().max(20_000)).min(1).max(256) })
  .meta({ id: 'EmbedRequest' });
export type EmbedRequest = z.infer<typeof embedRequestSchema>;

export const embedResponseSchema = z
  .object({
    model: z.string(),
    dimensions: z.int(),
    vectors: z
      .array(z.array(z.number()))
      .meta({ description: 'One of unit length for each text, in order.' }),
  })
  .meta({ id: 'EmbedResponse' });
export type EmbedResponse = z.infer<typeof embedResponseSchema>;

export const snapshotSchema = z
  .object({
    content_type: z.string().nullable().meta({ description: 'As the site declared it.' }),
    body_base64: z.string(),
  })
  .meta({ id: 'Snapshot' });
export type Snapshot = z.infer<typeof snapshotSchema>;

export const housekeepingResultSchema = z
  .object({
    deleted_contents: z.int(),
    deleted_snapshots: z.int(),
    sources_to_reembed: z
      .array(idSchema)
      .meta({ description: 'Sources without a vector of the embedder that is configured now.' }),
  })
  .meta({ id: 'HousekeepingResult' });
export type HousekeepingResult = z.infer<typeof housekeepingResultSchema>;

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
  processBatch: defineStream({
    method: 'POST',
    path: '/process-batch',
    summary: 'Process many sources, a few at a time; a line for each as it is done',
    body: processBatchRequestSchema,
    response: processBatchResultSchema,
    deadline_ms: 600_000,
  }),
  scrape: defineEndpoint({
    method: 'POST',
    path: '/scrape',
    summary: 'Fetch an address and extract its blocks; nothing is stored',
    body: scrapeRequestSchema,
    response: scrapeResponseSchema,
    deadline_ms: 60_000,
  }),
  embed: defineEndpoint({
    method: 'POST',
    path: '/embed',
    summary: 'Vectors for texts',
    body: embedRequestSchema,
    body_limit_bytes: 8 * 1024 * 1024,
    response: embedResponseSchema,
    deadline_ms: 30_000,
  }),
  getContent: defineEndpoint({
    method: 'GET',
    path: '/contents/:id',
    summary: 'A content with its blocks',
    params: idParamsSchema,
    response: contentSchema,
  }),
  getSnapshot: defineEndpoint({
    method: 'GET',
    path: '/contents/:id/snapshot',
    summary: 'What a content was read from, byte by byte as it was fetched',
    params: idParamsSchema,
    response: snapshotSchema,
    deadline_ms: 30_000,
  }),
  diffContents: defineEndpoint({
    method: 'GET',
    path: '/contents/:a/diff/:b',
    summary: 'What differs between two contents of one source',
    params: z.object({ a: idSchema, b: idSchema }),
    response: contentDiffSchema,
  }),
  reembed: defineEndpoint({
    method: 'POST',
    path: '/reembed',
    summary: 'Give the contents of a source that stand now the vectors they lack; again changes nothing',
    body: z.strictObject({ source_id: idSchema }),
    response: z.object({ embedded_blocks: z.int() }),
    deadline_ms: 60_000,
  }),
  housekeep: defineEndpoint({
    method: 'POST',
    path: '/housekeeping',
    summary: 'Delete the contents that are past keeping and snapshots that nothing refers to',
    response: housekeepingResultSchema,
    deadline_ms: 60_000,
  }),
  extract: defineEndpoint({
    method: 'POST',
    path: '/extract',
    summary: 'The blocks of a page that is given as HTML; fetches and stores nothing',
    body: extractRequestSchema,
    body_limit_bytes: 32 * 1024 * 1024,
    response: extractResponseSchema,
  }),
});
export type ContentProcessorApi = ServiceApi<typeof contentProcessorContract>;
export const CONTENT_PROCESSOR_API = Symbol.for('torale.ContentProcessorApi');
