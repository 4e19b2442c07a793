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
    .select(sql<string>`created_at`.as('position'))
    .orderBy(sql`created_at`, 'desc')
    .orderBy(sql`id`, 'desc')
    .limit(limit + 1);
  if (cursor !== undefined) {
    const { created_at, id } = decodeCursor(cursor);
    page = page.where(sql<boolean>`(created_at, id) < (${created_at}::timestamptz, ${id}::uuid)`);
  }
  const found = await page.$castTo<Row & { position: string }>().execute();
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return {
    data: rows.map(({ position: _, ...row }) => row as unknown as Row),
    next_cursor: last ? encodeCursor({ created_at: last.position, id: last.id }) : null,
  };
}
