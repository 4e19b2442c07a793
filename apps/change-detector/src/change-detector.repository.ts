import { Inject, Injectable } from '@nestjs/common';
import {
  events,
  type Block,
  type Check,
  type Explanation,
  type NotifyBehavior,
  type Reading,
  type Severity,
  type Thresholds,
  type UserQueryStatus,
} from '@torale/contracts';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { appendEvents, appendEventsOf } from '@torale/events';
import { sql } from 'kysely';
import type { Lesson } from './feedback/lessons.ts';
import type { AlertDraft, Verdicted } from './judge/judge.ts';

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
  /** What the last alert was raised on, or else the first content. */
  alerted_content_id: string | null;
  user_query_id: string;
  raw_query: string;
  condition: string | null;
  reading: Reading | null;
  query_thresholds: Thresholds;
  source_thresholds: Thresholds;
  notify_behavior: NotifyBehavior;
  check_interval_seconds: number;
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

const mostLessons = 100;
/** Checks that teach what changes by itself. */
const longestHistory = 12;

/** What a check leaves on its source. */
export interface SourceNote {
  /** What the next check compares with. */
  judgedContentId: string | null;
  /** What creep is measured from; left out where it stays. */
  alertedContentId?: string;
  /** Null: when it is due anyway. */
  nextCheckSeconds: number | null;
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
        'source.alerted_content_id',
        'query.id as user_query_id',
        'query.raw_query',
        'query.condition',
        'query.reading',
        'query.thresholds as query_thresholds',
        'source.thresholds as source_thresholds',
        'query.notify_behavior',
        'query.check_interval_seconds',
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

  /**
   * What stood at the last checks of a source, as it was read under its settings now, newest first; a content that
   * stood at several is there as often.
   */
  async historyOf(sourceId: string, settingsVersion: number): Promise<Block[][]> {
    const runs = await this.database.kysely
      .selectFrom('check_runs')
      .select('after_content_id')
      .where('source_id', '=', sourceId)
      .where('after_content_id', 'is not', null)
      .orderBy('finished_at', 'desc')
      .limit(longestHistory)
      .execute();
    const ids = runs.map(({ after_content_id }) => after_content_id!);
    if (ids.length === 0) return [];
    const contents = await this.database.kysely
      .selectFrom('scraped_contents')
      .select(['id', 'blocks'])
      .where('id', 'in', [...new Set(ids)])
      .where('settings_version', '=', settingsVersion)
      .execute();
    const blocks = new Map(contents.map((content) => [content.id, content.blocks]));
    return ids.flatMap((id) => (blocks.has(id) ? [blocks.get(id)!] : []));
  }

  /** A content by its id alone. */
  async findAnyContent(contentId: string): Promise<JudgedContent | null> {
    const row = await this.database.kysely
      .selectFrom('scraped_contents')
      .select(['id', 'title', 'blocks', 'fetched_at', 'settings_version'])
      .where('id', '=', contentId)
      .executeTakeFirst();
    return row ?? null;
  }

  /** What feedback on alerts of a source taught, the newest first. */
  async lessonsOf(sourceId: string): Promise<Lesson[]> {
    const rows = await this.database.kysely
      .selectFrom('alert_feedback as feedback')
      .innerJoin('change_alerts as alert', 'alert.id', 'feedback.alert_id')
      .select(['feedback.verdict', 'feedback.reason', 'feedback.updated_at as said_at', 'alert.evidence'])
      .where('alert.source_id', '=', sourceId)
      .orderBy('feedback.updated_at', 'desc')
      .limit(mostLessons)
      .execute();
    return rows.map(({ evidence, ...lesson }) => ({ ...lesson, places: evidence }));
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
      .select([
        'raw_query',
        'condition',
        'reading',
        'thresholds as query_thresholds',
        'notify_behavior',
        'check_interval_seconds',
        'status as query_status',
      ])
      .where('id', '=', found.user_query_id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    const source = await transaction
      .selectFrom('monitored_sources')
      .select([
        'url as source_url',
        'judged_content_id',
        'alerted_content_id',
        'thresholds as source_thresholds',
      ])
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
    { verdict, reason }: Pick<Verdicted, 'verdict' | 'reason'>,
    explanation: Explanation,
  ): Promise<void> {
    await sql`
      with finished as (
        update check_runs
        set status = 'succeeded', outcome = 'ok', verdict = ${verdict}, reason = ${reason},
          explanation = ${JSON.stringify(explanation)}, before_content_id = ${judged_content_id},
          after_content_id = ${contentId}, finished_at = now(),
          attempts = end_attempt(attempts, true, 'judge', null)
        where id = ${check_id}
        returning user_id, id as check_id, source_id, outcome, verdict
      )
      ${appendEventsOf(events.sourceChecked, 'finished')}
    `.execute(transaction);
  }

  /** Notes a good check on the source. */
  async noteOnSource(
    transaction: Transaction,
    sourceId: string,
    { judgedContentId, alertedContentId, nextCheckSeconds }: SourceNote,
  ): Promise<void> {
    await transaction
      .updateTable('monitored_sources')
      .set({
        judged_content_id: judgedContentId,
        ...(alertedContentId !== undefined && { alerted_content_id: alertedContentId }),
        ...(nextCheckSeconds !== null && {
          next_check_at: sql<string>`least(next_check_at, now() + make_interval(secs => ${nextCheckSeconds}))`,
        }),
        last_checked_at: sql`now()`,
        last_outcome: 'ok',
        last_error: null,
        consecutive_failures: 0,
      })
      .where('id', '=', sourceId)
      .execute();
  }

  async insertAlert(
    transaction: Transaction,
    found: DetectionCase,
    draft: AlertDraft,
    reason: string,
  ): Promise<string> {
    const { source_id, check_id, source_url: url } = found;
    const sources = [{ source_id, url, check_id, seen_at: new Date().toISOString() }];
    const { id } = await transaction
      .insertInto('change_alerts')
      .values({
        user_id: found.user_id,
        user_query_id: found.user_query_id,
        source_id: found.source_id,
        check_id: found.check_id,
        source_url: found.source_url,
        ...draft,
        reason,
        evidence: JSON.stringify(draft.evidence),
        sources: JSON.stringify(sources),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const { user_id, user_query_id } = found;
    const data = { alert_id: id, user_query_id };
    await appendEvents(transaction, events.alertCreated, [{ user_id, data }]);
    return id;
  }

  /** Keeps what a sentence was read as, where nobody did before. */
  async keepReading(transaction: Transaction, queryId: string, reading: Reading): Promise<void> {
    await transaction
      .updateTable('user_queries')
      .set({ reading: JSON.stringify(reading) })
      .where('id', '=', queryId)
      .where('reading', 'is', null)
      .execute();
  }

  /** The query, its notice and the event that tells of it. */
  async completeQuery(transaction: Transaction, queryId: string): Promise<void> {
    await sql`
      with completed as (
        update user_queries set status = 'completed', completed_at = now()
        where id = ${queryId}
        returning id as user_query_id, user_id, completed_at
      ), notice as (
        insert into notices (user_id, user_query_id, kind, occurred_at)
        select user_id, user_query_id, 'completed', completed_at from completed
        returning id as notice_id, user_id, user_query_id
      )
      ${appendEventsOf(events.queryCompleted, 'notice')}
    `.execute(transaction);
  }
}
