import { Inject, Injectable } from '@nestjs/common';
import type { Block, Check, NotifyBehavior, Severity, UserQueryStatus } from '@torale/contracts';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { sql } from 'kysely';
import type { AlertDraft, Judgement } from './judge/judge.ts';

/** A content as it is judged. */
export interface JudgedContent {
  id: string;
  title: string | null;
  blocks: Block[];
  fetched_at: string;
  /** Under which settings of its source it was read. */
  settings_version: number;
}

/** What the verdict on a check depends on, and where it goes. */
export interface DetectionCase {
  check_id: string;
  user_id: string;
  source_id: string;
  source_url: string;
  /** As the owner of the source wrote it. */
  extraction: unknown;
  judged_content_id: string | null;
  user_query_id: string;
  raw_query: string;
  condition: string | null;
  notify_behavior: NotifyBehavior;
}

/** The same, read under locks. */
export interface LockedCase extends DetectionCase {
  query_status: UserQueryStatus;
}

/** A check that has ended, with the alert it raised. */
export interface EndedCheck {
  verdict: Check['verdict'];
  reason: string | null;
  alert_id: string | null;
  severity: Severity | null;
}

@Injectable()
export class ChangeDetectorRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  async findCase(checkId: string): Promise<DetectionCase | null> {
    const row = await this.database.kysely
      .selectFrom('check_runs as run')
      .innerJoin('monitored_sources as source', 'source.id', 'run.source_id')
      .innerJoin('user_queries as query', 'query.id', 'source.user_query_id')
      .select([
        'run.id as check_id',
        'run.user_id',
        'source.id as source_id',
        'source.url as source_url',
        'source.extraction',
        'source.judged_content_id',
        'query.id as user_query_id',
        'query.raw_query',
        'query.condition',
        'query.notify_behavior',
      ])
      .where('run.id', '=', checkId)
      .executeTakeFirst();
    return row ?? null;
  }

  /** A content of the source; null when it has none of that id. */
  async findContent(sourceId: string, contentId: string): Promise<JudgedContent | null> {
    const row = await this.database.kysely
      .selectFrom('scraped_contents')
      .select(['id', 'title', 'blocks', 'fetched_at', 'settings_version'])
      .where('id', '=', contentId)
      .where('source_id', '=', sourceId)
      .executeTakeFirst();
    return row ?? null;
  }

  /** The stored vectors of a model, by block hash. */
  async findVectors(
    sourceId: string,
    model: string,
    hashes: readonly string[],
  ): Promise<Map<string, Float32Array>> {
    const rows = await this.database.kysely
      .selectFrom('content_embeddings')
      .select(['block_hash', 'embedding'])
      .where('source_id', '=', sourceId)
      .where('model', '=', model)
      .where('block_hash', '=', sql<string>`any(${hashes}::text[])`)
      .execute();
    return new Map(
      rows.map(({ block_hash, embedding }) => [
        block_hash,
        Float32Array.from(JSON.parse(embedding) as number[]),
      ]),
    );
  }

  /** Null while the check is under way. */
  async findEnded(checkId: string, transaction?: Transaction): Promise<EndedCheck | null> {
    const row = await (transaction ?? this.database.kysely)
      .selectFrom('check_runs as run')
      .leftJoin('change_alerts as alert', 'alert.check_id', 'run.id')
      .select(['run.verdict', 'run.reason', 'alert.id as alert_id', 'alert.severity'])
      .where('run.id', '=', checkId)
      .where('run.status', 'not in', ['queued', 'running'])
      .executeTakeFirst();
    return row ?? null;
  }

  /**
   * Locks the query, the source and the check, in the order in which a deletion of the query cascades. Locking the
   * query lets two sources of it raise their alerts one after the other. Null when one of them is gone.
   */
  async lockCase(transaction: Transaction, found: DetectionCase): Promise<LockedCase | null> {
    const query = await transaction
      .selectFrom('user_queries')
      .select(['raw_query', 'condition', 'notify_behavior', 'status as query_status'])
      .where('id', '=', found.user_query_id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    const source = await transaction
      .selectFrom('monitored_sources')
      .select(['url as source_url', 'judged_content_id'])
      .where('id', '=', found.source_id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    const check = await transaction
      .selectFrom('check_runs')
      .select('id')
      .where('id', '=', found.check_id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    return query && source && check ? { ...found, ...query, ...source } : null;
  }

  async finishCheck(
    transaction: Transaction,
    { check_id, judged_content_id }: DetectionCase,
    contentId: string,
    { verdict, reason }: Pick<Judgement, 'verdict' | 'reason'>,
  ): Promise<void> {
    await transaction
      .updateTable('check_runs')
      .set({
        status: 'succeeded',
        outcome: 'ok',
        verdict,
        reason,
        before_content_id: judged_content_id,
        after_content_id: contentId,
        finished_at: sql`now()`,
      })
      .where('id', '=', check_id)
      .execute();
  }

  /** Notes a good check on the source; `judgedContentId` is what the next one compares with. */
  async noteOnSource(
    transaction: Transaction,
    sourceId: string,
    judgedContentId: string | null,
  ): Promise<void> {
    await transaction
      .updateTable('monitored_sources')
      .set({
        judged_content_id: judgedContentId,
        last_checked_at: sql`now()`,
        last_outcome: 'ok',
        last_error: null,
        consecutive_failures: 0,
      })
      .where('id', '=', sourceId)
      .execute();
  }

  async insertAlert(transaction: Transaction, found: DetectionCase, draft: AlertDraft): Promise<string> {
    const { id } = await transaction
      .insertInto('change_alerts')
      .values({
        user_id: found.user_id,
        user_query_id: found.user_query_id,
        source_id: found.source_id,
        check_id: found.check_id,
        source_url: found.source_url,
        ...draft,
        evidence: JSON.stringify(draft.evidence),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  async completeQuery(transaction: Transaction, queryId: string): Promise<void> {
    await transaction
      .updateTable('user_queries')
      .set({ status: 'completed', completed_at: sql`now()` })
      .where('id', '=', queryId)
      .execute();
  }
}
