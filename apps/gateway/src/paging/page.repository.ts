import type { Page, PageQuery } from '@torale/contracts';
import { type SelectQueryBuilder, sql } from 'kysely';
import { decodeCursor, encodeCursor } from './cursor.ts';

/**
 * One page of `query`, newest first. `query` selects from a single table that has `created_at` and `id`, and
 * leaves order and limit to this.
 */
export async function readPage<DB, Table extends keyof DB, Row extends { id: string }>(
  query: SelectQueryBuilder<DB, Table, Row>,
  { cursor, limit }: PageQuery,
): Promise<Page<Row>> {
  let page = query
    .select(sql<string>`(extract(epoch from created_at) * 1000000)::bigint::text`.as('created_at_us'))
    .orderBy(sql`created_at`, 'desc')
    .orderBy(sql`id`, 'desc')
    .limit(limit + 1);
  if (cursor !== undefined) {
    const { created_at_us, id } = decodeCursor(cursor);
    page = page.where(
      sql<boolean>`(created_at, id) <
        (timestamptz 'epoch' + ${created_at_us}::float8 * interval '1 microsecond', ${id}::uuid)`,
    );
  }
  const found = await page.$castTo<Row & { created_at_us: string }>().execute();
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return {
    data: rows.map(({ created_at_us: _, ...row }) => row as unknown as Row),
    next_cursor: last ? encodeCursor(last) : null,
  };
}
