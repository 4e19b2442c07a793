import { z } from 'zod';

export const idSchema = z.uuid();
export const timestampSchema = z.iso.datetime().meta({ description: 'ISO 8601, UTC' });
export const idParamsSchema = z.object({ id: idSchema });

export const pageQuerySchema = z.object({
  cursor: z.string().max(200).optional().meta({ description: '`next_cursor` of the page before' }),
  limit: z.coerce.number().int().min(1).max(100).default(25),
});
export type PageQuery = z.infer<typeof pageQuerySchema>;

/** `{data, next_cursor}`; `next_cursor` is null on the last page. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() });
export type Page<T> = { data: T[]; next_cursor: string | null };

export const httpUrlSchema = z
  .url({ protocol: /^https?$/, hostname: /.+/ })
  .max(2048)
  .meta({ description: 'An http or https URL' });

export const emptySchema = z.object({});
