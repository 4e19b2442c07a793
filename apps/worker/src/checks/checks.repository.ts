import { Inject, Injectable } from '@nestjs/common';
import { events, type CheckStepName, type ConfigOf, type FetchOutcome } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { appendEventsOf } from '@torale/events';
import { sql } from 'kysely';
import { workerConfig } from '../worker.config.ts';
import { workerName } from '../worker-name.ts';

/** However long a source has been failing, it is looked at this often, unless its interval is longer. */
const MAX_BACK_OFF_SECONDS = 86_400;
/** After a check that could not be run, until the next one; doubles with each in a row. */
const MAKE_UP_AFTER_SECONDS = 300;

/** Of a check that has ended, for its event. */
const ended = sql`user_id, id as check_id, source_id, outcome, verdict`;
/**
 * The source of a check, locked before the check is: in the order of whoever deletes a source, or judges its content.
 * `finished` takes its check from here.
 */
const lockedSourceOf = (checkId: string) => sql`locked as (
  select source.id as locked_id from monitored_sources source join check_runs run on run.source_id = source.id
  where run.id = ${checkId}
  for no key update of source
)`;
/** The event of every check of the query `finished`. */
const sourceChecked = appendEventsOf(events.sourceChecked, 'finished');

/** What a check needs to know of its source when it begins. */
export interface StartedCheck {
  id: string;
  source_id: string;
  judged_content_id: string | null;
  /** It has waited for its turn at a host. */
  has_queued: boolean;
  source_status: 'active' | 'paused';
  query_status: 'active' | 'paused' | 'completed';
}

@Injectable()
export class ChecksRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(workerConfig.token) private readonly config: ConfigOf<typeof workerConfig>,
  ) {}

  /**
   * Puts checks back in the queue that were handed over long ago and neither finished nor failed: whatever became
   * of their job, a source must not stay blocked by them. Running one twice is harmless. Returns their number.
   */
  async requeueStalled(afterSeconds: number): Promise<number> {
    const { numAffectedRows } = await sql`
      update check_runs set status = 'queued', enqueued_at = null, started_at = null
      where status in ('queued', 'running')
        and coalesce(started_at, enqueued_at) < now() - make_interval(secs => ${afterSeconds})
    `.execute(this.database.kysely);
    return Number(numAffectedRows ?? 0);
  }

  /** Marks a check as running; null when it has ended already or its source is gone. */
  async start(checkId: string): Promise<StartedCheck | null> {
    const { rows } = await sql<StartedCheck>`
      update check_runs run
      set status = 'running', started_at = coalesce(run.started_at, now()),
        attempts = begin_attempt(run.attempts, ${workerName})
      from monitored_sources source
      join user_queries query on query.id = source.user_query_id
      where run.id = ${checkId} and run.status in ('queued', 'running') and source.id = run.source_id
      returning run.id, run.source_id, run.not_before > run.queued_at as has_queued, source.judged_content_id,
        source.status as source_status, query.status as query_status
    `.execute(this.database.kysely);
    return rows[0] ?? null;
  }

  /** Puts a check back that has to wait for its turn at a host; it is handed over again when that has come. */
  async defer(checkId: string, until: string, reason: string): Promise<void> {
    await sql`
      update check_runs
      set status = 'queued', enqueued_at = null, started_at = null, not_before = ${until}, reason = ${reason},
        attempts = end_attempt(attempts, null, 'read', ${reason})
      where id = ${checkId} and status = 'running'
    `.execute(this.database.kysely);
  }

  /** An attempt has failed; whether there is another is the job engine's to say. */
  async noteFailure(checkId: string, step: CheckStepName, error: string): Promise<void> {
    await sql`
      update check_runs set attempts = end_attempt(attempts, false, ${step}, ${error})
      where id = ${checkId} and status = 'running'
    `.execute(this.database.kysely);
  }

  async cancel(checkId: string, reason: string): Promise<void> {
    await sql`
      with finished as (
        update check_runs
        set status = 'cancelled', reason = ${reason}, finished_at = now(),
          attempts = end_attempt(attempts, null, null, ${reason})
        where id = ${checkId} and status in ('queued', 'running')
        returning ${ended}
      )
      ${sourceChecked}
    `.execute(this.database.kysely);
  }

  /** The content that was judged last still stands. */
  async finishUnchanged(checkId: string, outcome: FetchOutcome, contentId: string): Promise<void> {
    await sql`
      with ${lockedSourceOf(checkId)}, finished as (
        update check_runs
        set status = 'succeeded', outcome = ${outcome}, verdict = 'unchanged', finished_at = now(),
          reason = 'The page has the same content as at the last check.',
          before_content_id = ${contentId}, after_content_id = ${contentId},
          attempts = end_attempt(attempts, true, 'read', null)
        from locked
        where id = ${checkId} and source_id = locked_id and status = 'running'
        returning ${ended}
      ), noted as (${sourceChecked})
      update monitored_sources source
      set last_checked_at = now(), last_outcome = ${outcome}, last_error = null, consecutive_failures = 0
      from finished where source.id = finished.source_id
    `.execute(this.database.kysely);
  }

  /**
   * The page could not be read; that is said on the source, and the content that stood keeps standing. From the
   * failure on that makes the source a failing one, each doubles the time to its next check, except where its owner
   * changed it meanwhile: what was changed is tried soon.
   */
  async finishUnreadable(checkId: string, outcome: FetchOutcome, detail: string): Promise<void> {
    const { FAILING_AFTER } = this.config;
    await sql`
      with ${lockedSourceOf(checkId)}, finished as (
        update check_runs
        set status = 'failed', outcome = ${outcome}, reason = ${detail}, finished_at = now(),
          attempts = end_attempt(attempts, false, 'read', ${detail})
        from locked
        where id = ${checkId} and source_id = locked_id and status = 'running'
        returning ${ended}, started_at
      ), noted as (${sourceChecked}), failed as (
        select source.id, finished.started_at, source.consecutive_failures + 1 as failures,
          query.check_interval_seconds as pause
        from finished
        join monitored_sources source on source.id = finished.source_id
        join user_queries query on query.id = source.user_query_id
      )
      update monitored_sources source
      set last_checked_at = now(), last_outcome = ${outcome}, last_error = ${detail},
        consecutive_failures = failures,
        next_check_at = case
          when failures < ${FAILING_AFTER}::int or updated_at >= started_at then next_check_at
          else greatest(next_check_at, now() + make_interval(secs => greatest(pause, least(
            ${MAX_BACK_OFF_SECONDS}::int, pause * 2 ^ least(failures - ${FAILING_AFTER}::int + 1, 20)))))
        end
      from failed where source.id = failed.id
    `.execute(this.database.kysely);
  }

  /**
   * The check could not be run, through no fault of its source: that is made up for soon, or what is checked on Mondays
   * would be a week without a check because Torale was away for a minute.
   */
  async finishAbandoned(checkId: string, reason: string): Promise<void> {
    await sql`
      with ${lockedSourceOf(checkId)}, finished as (
        update check_runs
        set status = 'failed', reason = ${reason}, finished_at = now(),
          attempts = end_attempt(attempts, false, null, ${reason})
        from locked
        where id = ${checkId} and source_id = locked_id and status in ('queued', 'running')
        returning ${ended}
      ), noted as (${sourceChecked}), earlier as (
        select count(*) as times
        from finished
        join monitored_sources source on source.id = finished.source_id
        join check_runs run on run.source_id = source.id
          and run.created_at > coalesce(source.last_checked_at, '-infinity')
        where run.status = 'failed' and run.outcome is null
      )
      update monitored_sources source
      set last_error = ${reason}, next_check_at = least(next_check_at, now() + make_interval(secs => least(
        ${MAX_BACK_OFF_SECONDS}::int, ${MAKE_UP_AFTER_SECONDS}::int * 2 ^ least(earlier.times, 20))))
      from finished, earlier where source.id = finished.source_id
    `.execute(this.database.kysely);
  }

  /**
   * An operator has its job run again after it was given up: its source is checked anew, unless it is being checked.
   * A check that ended in another way stays over.
   */
  async requestAgain(checkId: string): Promise<void> {
    await sql`
      insert into check_runs (user_id, source_id, trigger)
      select run.user_id, run.source_id, 'manual'
      from check_runs run join monitored_sources source on source.id = run.source_id
      where run.id = ${checkId} and run.status = 'failed' and run.outcome is null
      for key share of source
      on conflict (source_id) where status in ('queued', 'running') do nothing
    `.execute(this.database.kysely);
  }
}
