import { z } from 'zod';
import { changeAlertSchema } from './change-alert.ts';
import { verdictSchema } from './check.ts';
import { idSchema, timestampSchema } from './common.ts';
import { blockSchema } from './content.ts';
import { explanationSchema, explainedChangeSchema } from './explanation.ts';
import { readingSchema, thresholdsSchema } from './reading.ts';

export const readRequestSchema = z
  .strictObject({ raw_query: z.string().min(1).max(2000), condition: z.string().max(2000).nullable() })
  .meta({ id: 'ReadRequest' });
export type ReadRequest = z.infer<typeof readRequestSchema>;
export const readResponseSchema = z.object({ reading: readingSchema }).meta({ id: 'ReadResponse' });
export type ReadResponse = z.infer<typeof readResponseSchema>;

const storedContentSchema = z.strictObject({ content_id: idSchema });
const givenBlocksSchema = z.strictObject({
  blocks: z.array(blockSchema).max(5000),
  title: z.string().nullable().default(null),
  fetched_at: timestampSchema
    .optional()
    .meta({ description: 'What "today" and "3 minutes ago" count from; now when left out.' }),
});
/** One version of a page: a content that is stored, or its blocks. */
export const versionSchema = z
  .union([storedContentSchema, givenBlocksSchema])
  .meta({ id: 'Version', description: 'A content that is stored, or its blocks.' });
export type VersionInput = z.infer<typeof versionSchema>;

export const compareRequestSchema = z
  .strictObject({ before: versionSchema, after: versionSchema })
  .meta({ id: 'CompareRequest' });
export type CompareRequest = z.infer<typeof compareRequestSchema>;
export const compareResponseSchema = z
  .object({
    similarity: z.number().min(0).max(1).meta({ description: 'Share of the text that stayed the same.' }),
    moved: z.int().meta({ description: 'Blocks that only changed places.' }),
    changes: z.array(
      explainedChangeSchema.omit({ relevance: true }).extend({
        before_index: z.int().nullable(),
        after_index: z.int().nullable(),
      }),
    ),
  })
  .meta({ id: 'CompareResponse' });
export type CompareResponse = z.infer<typeof compareResponseSchema>;

export const similarityRequestSchema = z
  .strictObject({
    text: z.string().min(1).max(4000),
    of: z.union([z.strictObject({ source_id: idSchema }), z.strictObject({ user_id: idSchema })]),
    limit: z.int().min(1).max(100).default(10),
  })
  .meta({ id: 'SimilarityRequest' });
export type SimilarityRequest = z.infer<typeof similarityRequestSchema>;
export const similarityResponseSchema = z
  .object({
    model: z.string().meta({ description: 'Whose vectors were compared.' }),
    blocks: z.array(
      z.object({
        source_id: idSchema,
        content_id: idSchema,
        block: blockSchema,
        cosine: z.number().min(-1).max(1),
      }),
    ),
  })
  .meta({ id: 'SimilarityResponse' });
export type SimilarityResponse = z.infer<typeof similarityResponseSchema>;

const pageSchema = z.union([
  givenBlocksSchema,
  z.strictObject({ html: z.string().min(1), fetched_at: timestampSchema.optional() }),
]);
/** A page of a dry run: its blocks or its HTML. */
export type JudgePage = z.infer<typeof pageSchema>;
export const judgeRequestSchema = z
  .strictObject({
    raw_query: z.string().min(1).max(2000),
    condition: z.string().max(2000).nullable().default(null),
    reading: readingSchema.optional().meta({ description: 'Instead of reading the sentence.' }),
    thresholds: thresholdsSchema.optional(),
    notify_behavior: z.enum(['once', 'always']).default('once'),
    url: z.string().max(2048).default('about:blank').meta({ description: 'What the evidence names.' }),
    before: pageSchema.nullable().meta({ description: 'Null: the first sight of the page.' }),
    after: pageSchema,
  })
  .meta({ id: 'JudgeRequest' });
export type JudgeRequest = z.infer<typeof judgeRequestSchema>;
export const judgeResponseSchema = z
  .object({
    reading: readingSchema,
    verdict: verdictSchema,
    reason: z.string(),
    alert: changeAlertSchema
      .pick({
        kind: true,
        severity: true,
        summary: true,
        evidence: true,
        similarity: true,
        confidence: true,
        condition_met: true,
        judged_by: true,
      })
      .nullable(),
    explanation: explanationSchema,
  })
  .meta({ id: 'JudgeResponse' });
export type JudgeResponse = z.infer<typeof judgeResponseSchema>;
