import { Inject, Injectable } from '@nestjs/common';
import { events, type RenderAction, type RenderLearned, type RenderMode } from '@torale/contracts';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { appendEvents } from '@torale/events';
import { sql } from 'kysely';
import type { ExtractedContent } from './extract/extract-content.ts';
import type { KeptSnapshot } from './snapshots/snapshots.ts';
import { referTo } from './snapshots/snapshots.repository.ts';

/** What makes the next fetch of a source conditional. */
export interface Validators {
  etag: string | null;
  last_modified: string | null;
  /** SHA-256 (hex) of the body. */
  raw_hash: string;
}

export interface SourceToProcess {
  id: string;
  user_id: string;
  url: string;
  kind: string;
  etag: string | null;
  last_modified: string | null;
  raw_hash: string | null;
  latest_content_id: string | null;
  respect_robots: boolean;
  /** As its owner wrote it. */
  extraction: unknown;
  request_sealed: string | null;
  /** Goes up with every change of how the source is fetched and read. */
  settings_version: number;
  render_mode: RenderMode;
  render_actions: RenderAction[];
  screenshot: boolean;
  render_learned: RenderLearned | null;
}

export interface FetchedContent extends ExtractedContent {
  validators: Validators;
  /** When the fetch began. */
  fetched_at: Date;
  embeddings: BlockEmbedding[];
  /** What the content was read from; null when the content is known already or nothing could be kept. */
  snapshot: (KeptSnapshot & { content_type: string | null }) | null;
  /** What a person would have seen; null likewise, and when no picture is wanted. */
  screenshot: KeptSnapshot | null;
}

export interface BlockEmbedding {
  block_hash: string;
  model: string;
  embedding: Float32Array;
}

@Injectable()
export class ContentsRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  findSource(id: string): Promise<SourceToProcess | undefined> {
    return this.database.kysely
      .selectFrom('monitored_sources')
      .select([
        'id',
        'user_id',
        'url',
        'kind',
        'etag',
        'last_modified',
        'raw_hash',
        'latest_content_id',
        'respect_robots',
        'extraction',
        'request_sealed',
        'settings_version',
        'render_mode',
        'render_actions',
        'screenshot',
        'render_learned',
      ])
      .where('id', '=', id)
      .executeTakeFirst();
  }

  async isKnown(sourceId: string, contentHash: string): Promise<boolean> {
    const row = await this.database.kysely
      .selectFrom('scraped_contents')
      .select('id')
      .where('source_id', '=', sourceId)
      .where('content_hash', '=', contentHash)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Those of `hashes` that have a vector of this model already. */
  async embeddedHashes(sourceId: string, model: string, hashes: readonly string[]): Promise<Set<string>> {
    const rows = await this.database.kysely
      .selectFrom('content_embeddings')
      .select('block_hash')
      .where('source_id', '=', sourceId)
      .where('model', '=', model)
      .where('block_hash', '=', sql<string>`any(${hashes}::text[])`)
      .execute();
    return new Set(rows.map((row) => row.block_hash));
  }

  async ensureEmbeddingIndex(model: string, dimensions: number): Promise<void> {
    await sql`select public.ensure_embedding_index(${model}, ${dimensions})`.execute(this.database.kysely);
  }

  /** Vectors for blocks of a content that is stored already; does nothing when that is gone meanwhile. */
  addEmbeddings(
    source: Pick<SourceToProcess, 'id' | 'user_id'>,
    contentId: string,
    embeddings: readonly BlockEmbedding[],
  ): Promise<void> {
    return this.database.transaction(async (transaction) => {
      const content = await transaction
        .selectFrom('scraped_contents')
        .select('id')
        .where('id', '=', contentId)
        .forKeyShare()
        .executeTakeFirst();
      if (content) await insertEmbeddings(transaction, source, contentId, embeddings);
    });
  }

  async saveLearned(sourceId: string, learned: RenderLearned): Promise<void> {
    await this.database.kysely
      .updateTable('monitored_sources')
      .set({ render_learned: JSON.stringify(learned) })
      .where('id', '=', sourceId)
      .execute();
  }

  /** The same body under new validators. Leaves a source alone that has moved on meanwhile. */
  async saveValidators(sourceId: string, { etag, last_modified, raw_hash }: Validators): Promise<void> {
    await this.database.kysely
      .updateTable('monitored_sources')
      .set({ etag, last_modified })
      .where('id', '=', sourceId)
      .where('raw_hash', '=', raw_hash)
      .where(sql<boolean>`(etag, last_modified) is distinct from (${etag}::text, ${last_modified}::text)`)
      .execute();
  }

  /**
   * Makes `content` what stands now, in one transaction, and resolves with the id of what does. A content that was
   * seen before is taken up again. Of two fetches at the same time the one that began later wins. Where the owner
   * changed how the source is read meanwhile, the next fetch stays unconditional. Undefined when the source is gone.
   */
  store(source: SourceToProcess, content: FetchedContent): Promise<string | undefined> {
    return this.database.transaction(async (transaction) => {
      const locked = await transaction
        .selectFrom('monitored_sources')
        .select(['latest_content_id', 'settings_version'])
        .where('id', '=', source.id)
        .forUpdate()
        .executeTakeFirst();
      if (!locked) return undefined;
      const newer = await transaction
        .selectFrom('scraped_contents')
        .select('id')
        .where('id', '=', locked.latest_content_id)
        .where('fetched_at', '>', content.fetched_at.toISOString())
        .executeTakeFirst();
      if (newer) return newer.id;

      const id = await upsertContent(transaction, source, content);
      await insertEmbeddings(transaction, source, id, content.embeddings);
      await transaction
        .updateTable('monitored_sources')
        .set({
          latest_content_id: id,
          ...(locked.settings_version === source.settings_version && content.validators),
        })
        .where('id', '=', source.id)
        .execute();
      if (id !== locked.latest_content_id) {
        const data = { source_id: source.id, content_id: id };
        await appendEvents(transaction, events.contentChanged, [{ user_id: source.user_id, data }]);
      }
      return id;
    });
  }
}

async function upsertContent(
  transaction: Transaction,
  source: SourceToProcess,
  { content_hash, title, blocks, fetched_at, snapshot, screenshot }: FetchedContent,
): Promise<string> {
  // Tried first, because the blocks of a large page need not travel when they are there.
  const known = await transaction
    .updateTable('scraped_contents')
    .set({ fetched_at, settings_version: source.settings_version })
    .where('source_id', '=', source.id)
    .where('content_hash', '=', content_hash)
    .returning('id')
    .executeTakeFirst();
  if (known) return known.id;
  const kept = snapshot && (await referTo(transaction, snapshot.key)) ? snapshot : null;
  const picture = screenshot && (await referTo(transaction, screenshot.key)) ? screenshot : null;
  const { id } = await transaction
    .insertInto('scraped_contents')
    .values({
      user_id: source.user_id,
      source_id: source.id,
      content_hash,
      title,
      blocks: JSON.stringify(blocks),
      fetched_at,
      settings_version: source.settings_version,
      snapshot_key: kept && kept.key,
      snapshot_bytes: kept && kept.bytes,
      snapshot_content_type: kept && kept.content_type,
      screenshot_key: picture && picture.key,
      screenshot_bytes: picture && picture.bytes,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

async function insertEmbeddings(
  transaction: Transaction,
  source: Pick<SourceToProcess, 'id' | 'user_id'>,
  contentId: string,
  embeddings: readonly BlockEmbedding[],
): Promise<void> {
  if (embeddings.length === 0) return;
  const rows = embeddings.map(({ block_hash, model, embedding }) => ({
    user_id: source.user_id,
    source_id: source.id,
    content_id: contentId,
    block_hash,
    model,
    dimensions: embedding.length,
    embedding: `[${embedding.join(',')}]`,
  }));
  await transaction
    .insertInto('content_embeddings')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['source_id', 'model', 'block_hash']).doNothing())
    .execute();
}
