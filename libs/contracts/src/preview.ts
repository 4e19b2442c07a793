import { z } from 'zod';
import { conditionStateSchema } from './change-detector.contract.ts';
import { httpUrlSchema } from './common.ts';
import { blockSchema } from './content.ts';
import { scrapeResponseSchema } from './content-processor.contract.ts';
import { discoveredSourceSchema, discoverResponseSchema } from './discovery.contract.ts';

export const previewRequestSchema = z
  .strictObject({
    url: httpUrlSchema,
    raw_query: z.string().trim().min(3).max(2000).optional(),
    condition: z.string().trim().min(1).max(2000).optional(),
  })
  .meta({ id: 'PreviewRequest' });
export type PreviewRequest = z.infer<typeof previewRequestSchema>;

/** What Torale would see at one source. */
export const sourcePreviewSchema = z
  .object({
    source: discoveredSourceSchema,
    content: scrapeResponseSchema
      .omit({ blocks: true })
      .extend({
        block_count: z.int(),
        blocks: z.array(blockSchema).meta({ description: 'The first of them.' }),
      })
      .meta({ id: 'ContentPreview' }),
    condition: conditionStateSchema
      .nullable()
      .meta({ description: 'Null without a condition, and when the page could not be read.' }),
  })
  .meta({ id: 'SourcePreview' });
export type SourcePreview = z.infer<typeof sourcePreviewSchema>;

export const previewResponseSchema = z
  .object({
    refined_query: discoverResponseSchema.shape.refined_query,
    condition: discoverResponseSchema.shape.condition,
    sources: z.array(sourcePreviewSchema),
  })
  .meta({ id: 'PreviewResponse' });
export type PreviewResponse = z.infer<typeof previewResponseSchema>;
