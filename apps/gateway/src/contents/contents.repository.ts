import type { Content, ContentSummary, Page, PageQuery } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { sql } from 'kysely';
import { readPage } from '../paging/page.repository.ts';

const selectSummaries = (transaction: Transaction, sourceId: string) =>
  transaction
    .selectFrom('scraped_contents')
    .select([
      'id',
      'source_id',
      'title',
      'content_hash',
      sql<number>`jsonb_array_length(blocks)`.as('block_count'),
      'snapshot_bytes',
      'fetched_at',
      'created_at',
    ])
    .where('source_id', '=', sourceId);

export async function listContents(
  transaction: Transaction,
  sourceId: string,
  page: PageQuery,
): Promise<Page<ContentSummary>> {
  return readPage(selectSummaries(transaction, sourceId), page);
}

export async function findContent(
  transaction: Transaction,
  sourceId: string,
  id: string,
): Promise<Content | undefined> {
  return selectSummaries(transaction, sourceId).select('blocks').where('id', '=', id).executeTakeFirst();
}

/** Without the blocks, which may be many. */
export async function findContentSummary(
  transaction: Transaction,
  sourceId: string,
  id: string,
): Promise<ContentSummary | undefined> {
  return selectSummaries(transaction, sourceId).where('id', '=', id).executeTakeFirst();
}
