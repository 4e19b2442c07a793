import { Inject, Injectable } from '@nestjs/common';
import type { Block, Content } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { sql } from 'kysely';

@Injectable()
export class StoredContentsRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  find(id: string): Promise<Content | undefined> {
    return this.database.kysely
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
        'blocks',
      ])
      .where('id', '=', id)
      .executeTakeFirst();
  }

  findSnapshot(id: string): Promise<{ key: string | null; content_type: string | null } | undefined> {
    return this.database.kysely
      .selectFrom('scraped_contents')
      .select(['snapshot_key as key', 'snapshot_content_type as content_type'])
      .where('id', '=', id)
      .executeTakeFirst();
  }

  /** The contents of a source that comparisons rest on: what stands now, and what was judged last. */
  async standingOf(sourceId: string): Promise<{ id: string; user_id: string; blocks: Block[] }[]> {
    return this.database.kysely
      .selectFrom('scraped_contents as content')
      .innerJoin('monitored_sources as source', 'source.id', 'content.source_id')
      .select(['content.id', 'content.user_id', 'content.blocks'])
      .where('source.id', '=', sourceId)
      .where(sql<boolean>`content.id in (source.latest_content_id, source.judged_content_id)`)
      .execute();
  }
}
