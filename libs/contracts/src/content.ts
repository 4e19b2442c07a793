import { z } from 'zod';
import { idSchema, timestampSchema } from './common.ts';

export const blockKindSchema = z.enum([
  'title',
  'heading',
  'paragraph',
  'list_item',
  'table_row',
  'definition',
  'quote',
  'code',
  'form_label',
  'feed_item',
]);

/** One unit of extracted content, the grain of comparison. */
export const blockSchema = z
  .object({
    kind: blockKindSchema,
    text: z.string(),
    path: z.array(z.string()).meta({ description: 'Headings above the block, outermost first.' }),
    hash: z.string().meta({
      description: 'SHA-256 (hex, 32 characters) of kind and normalised text; equal text, equal hash.',
    }),
    cells: z
      .array(z.object({ header: z.string().nullable(), text: z.string() }))
      .optional()
      .meta({ description: 'Cells of a table row with the header of their column.' }),
    key: z
      .string()
      .optional()
      .meta({ description: 'Stable identity where the source gives one, e.g. a feed item id.' }),
  })
  .meta({ id: 'Block' });
export type Block = z.infer<typeof blockSchema>;
export type BlockKind = z.infer<typeof blockKindSchema>;

/** An extracted version of a source, without its blocks. */
export const contentSummarySchema = z
  .object({
    id: idSchema,
    source_id: idSchema,
    title: z.string().nullable(),
    content_hash: z.string().meta({ description: 'SHA-256 (hex) over the hashes of the blocks, in order.' }),
    block_count: z.int(),
    snapshot_bytes: z.int().nullable().meta({
      description: 'Compressed size of the page as it was fetched; null when it is not kept.',
    }),
    fetched_at: timestampSchema.meta({ description: 'When it was last fetched anew.' }),
    created_at: timestampSchema,
  })
  .meta({ id: 'ContentSummary' });
export type ContentSummary = z.infer<typeof contentSummarySchema>;

export const contentSchema = contentSummarySchema
  .extend({ blocks: z.array(blockSchema) })
  .meta({ id: 'Content' });
export type Content = z.infer<typeof contentSchema>;

/** Where one block differs between two contents. */
export const blockDifferenceSchema = z
  .object({
    kind: z.enum(['moved', 'edited', 'added', 'removed']),
    before: blockSchema.nullable(),
    after: blockSchema.nullable(),
    before_index: z
      .int()
      .nullable()
      .meta({ description: 'Position among the blocks of the content before.' }),
    after_index: z.int().nullable().meta({ description: 'Position among the blocks of the content after.' }),
  })
  .meta({ id: 'BlockDifference' });
export type BlockDifference = z.infer<typeof blockDifferenceSchema>;

export const contentDiffSchema = z
  .object({
    before: contentSummarySchema,
    after: contentSummarySchema,
    similarity: z.number().min(0).max(1).meta({ description: 'Share of the text that stayed the same.' }),
    blocks: z.array(blockDifferenceSchema).meta({
      description:
        'In the order of the content after, what was removed last. Blocks that stayed as they were are left out.',
    }),
    unified: z.string().nullable().meta({
      description:
        'Unified diff of the texts, a block a line; null when the texts have too little in common to line up in time.',
    }),
  })
  .meta({ id: 'ContentDiff' });
export type ContentDiff = z.infer<typeof contentDiffSchema>;
