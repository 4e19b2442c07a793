import { z } from 'zod';

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
