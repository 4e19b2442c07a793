import { z } from 'zod';

const selectorsSchema = z.array(z.string().trim().min(1).max(1000)).max(20).default([]);

/** What of a source is read and what of it is compared. */
export const extractionSchema = z
  .strictObject({
    include: selectorsSchema.meta({
      description:
        'Only these parts are read. JSONPath starts with `$`, XPath with `/` or `(`, all else is a CSS selector.',
    }),
    exclude: selectorsSchema.meta({ description: 'These parts are left out, before `include` is applied.' }),
    ignore_text: z.array(z.string().trim().min(1).max(500)).max(50).default([]).meta({
      description:
        'Text that makes no difference: words in any case with `*` for anything within a block, or `/regular expression/flags`.',
    }),
    facets: z
      .array(z.enum(['links', 'images']))
      .max(2)
      .default([])
      .meta({
        description: 'Read the targets of links, and the alternative texts of pictures, as well.',
      }),
  })
  .meta({ id: 'Extraction' });
export type Extraction = z.output<typeof extractionSchema>;
