import { Inject, Injectable } from '@nestjs/common';
import type { Block, SimilarityRequest, SimilarityResponse } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { sql } from 'kysely';

@Injectable()
export class SimilarBlocksRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** The nearest first, by cosine, among the vectors of the model. */
  async nearest(
    vector: Float32Array,
    model: string,
    of: SimilarityRequest['of'],
    limit: number,
  ): Promise<SimilarityResponse['blocks']> {
    // The cast gives the vectors the one length that the index on them has; both numbers are ours.
    const type = sql.raw(`extensions.vector(${vector.length})`);
    const query = sql`${`[${vector.join(',')}]`}::${type}`;
    const { rows } = await sql<{ source_id: string; content_id: string; block: Block; cosine: number }>`
      select near.source_id, near.content_id, found.block, 1 - near.distance as cosine
      from (
        select source_id, content_id, block_hash, embedding::${type} operator(extensions.<=>) ${query} as distance
        from content_embeddings
        where model = ${model} and ${'source_id' in of ? sql`source_id = ${of.source_id}` : sql`user_id = ${of.user_id}`}
        order by embedding::${type} operator(extensions.<=>) ${query}
        limit ${limit}
      ) near
      join scraped_contents content on content.id = near.content_id
      cross join lateral (
        select block from jsonb_array_elements(content.blocks) block where block->>'hash' = near.block_hash limit 1
      ) found
      order by near.distance`.execute(this.database.kysely);
    return rows.map((row) => ({ ...row, cosine: Math.max(-1, Math.min(1, Number(row.cosine))) }));
  }
}
