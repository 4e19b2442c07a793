import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from '@torale/database';

/** What holds where a query does not say. */
export interface RetentionDefaults {
  contents: number;
  days: number;
}

@Injectable()
export class RetentionRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** The next sources in the order of their ids. */
  async sourcesAfter(id: string | null, limit: number): Promise<string[]> {
    let query = this.database.kysely.selectFrom('monitored_sources').select('id').orderBy('id').limit(limit);
    if (id !== null) query = query.where('id', '>', id);
    return (await query.execute()).map((row) => row.id);
  }

  /**
   * Deletes what is past keeping of these sources and resolves with how many contents that was. Sources that are
   * just being checked are left for the next time.
   */
  async deleteExpired(sourceIds: readonly string[], defaults: RetentionDefaults): Promise<number> {
    const concerned = await expiredContents(this.database.kysely, sourceIds, defaults);
    if (concerned.length === 0) return 0;
    return this.database.transaction(async (transaction) => {
      // Whoever stores or judges a content of a source locks the source first.
      const locked = await transaction
        .selectFrom('monitored_sources')
        .select('id')
        .where('id', 'in', [...new Set(concerned.map(({ source_id }) => source_id))])
        .orderBy('id')
        .forUpdate()
        .skipLocked()
        .execute();
      const ids = locked.map(({ id }) => id);
      const expired = await expiredContents(transaction, ids, defaults);
      if (expired.length === 0) return 0;
      const contentIds = expired.map(({ id }) => id);
      await keepVectorsOfStandingBlocks(transaction, contentIds);
      await transaction.deleteFrom('scraped_contents').where('id', 'in', contentIds).execute();
      return contentIds.length;
    });
  }

  /** Sources that have a content and no vector of the model. */
  async sourcesWithoutVectors(model: string, limit: number): Promise<string[]> {
    const rows = await this.database.kysely
      .selectFrom('monitored_sources as source')
      .select('source.id')
      .where('source.latest_content_id', 'is not', null)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('content_embeddings as vector')
              .select('vector.id')
              .whereRef('vector.source_id', '=', 'source.id')
              .where('vector.model', '=', model),
          ),
        ),
      )
      .orderBy('source.id')
      .limit(limit)
      .execute();
    return rows.map(({ id }) => id);
  }
}

/**
 * Contents beyond the newest so many of their source or older than so many days; but never what stands, what was
 * judged last, what an alert cites, nor anything of a source that is being checked.
 */
async function expiredContents(
  connection: Kysely<DatabaseSchema> | Transaction,
  sourceIds: readonly string[],
  { contents, days }: RetentionDefaults,
): Promise<{ id: string; source_id: string }[]> {
  if (sourceIds.length === 0) return [];
  const { rows } = await sql<{ id: string; source_id: string }>`
    select content.id, content.source_id
    from (
      select id, source_id, fetched_at,
        row_number() over (partition by source_id order by fetched_at desc, id desc) as place
      from scraped_contents where source_id = any(${sourceIds}::uuid[])
    ) content
    join monitored_sources source on source.id = content.source_id
    join user_queries query on query.id = source.user_query_id
    where (
        content.place > coalesce(query.retention_contents, ${contents}::int)
        or content.fetched_at < now() - make_interval(days => coalesce(query.retention_days, ${days}::int))
      )
      and content.id is distinct from source.latest_content_id
      and content.id is distinct from source.judged_content_id
      and content.id is distinct from source.alerted_content_id
      and not exists (
        select from check_runs run join change_alerts alert on alert.check_id = run.id
        where run.source_id = source.id and content.id in (run.before_content_id, run.after_content_id)
      )
      and not exists (
        select from check_runs run where run.source_id = source.id and run.status in ('queued', 'running')
      )
  `.execute(connection);
  return rows;
}

/** Blocks that still stand keep their vector: it hangs on the content that had the block first. */
async function keepVectorsOfStandingBlocks(transaction: Transaction, contentIds: string[]): Promise<void> {
  await sql`
    update content_embeddings vector set content_id = latest.id
    from monitored_sources source
    join scraped_contents latest on latest.id = source.latest_content_id
    where vector.content_id = any(${contentIds}::uuid[]) and source.id = vector.source_id
      and latest.blocks @> jsonb_build_array(jsonb_build_object('hash', vector.block_hash))
  `.execute(transaction);
}
