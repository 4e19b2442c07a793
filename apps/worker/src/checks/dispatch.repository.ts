import { Inject, Injectable, Logger } from '@nestjs/common';
import { jobs, type CheckTrigger, type ConfigOf } from '@torale/contracts';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { JOB_ENGINE, type EnqueueOptions, type JobEngine } from '@torale/job-engine';
import { dueCheck, nextCheck, scheduleOf, type NextCheck, type StoredSchedule } from '@torale/schedule';
import { sql } from 'kysely';
import { workerConfig } from '../worker.config.ts';

/**
 * How many checks the job engine may hold that no worker has begun, for each place of this worker and for each check that
 * runs anywhere: enough to keep everybody busy until the next dispatch, and few enough that whoever comes next need not
 * wait for a backlog.
 */
const AHEAD_PER_PLACE = 4;
const AHEAD_PER_RUNNING = 2;

/** How many checks each user gets whose turn it is. */
type Quotas = Map<string, number>;

interface DueSource {
  id: string;
  user_id: string;
  user_query_id: string;
  next_check_at: string;
  planned_check_at: string | null;
  claimed_at: string;
}

type ScheduledQuery = StoredSchedule & { id: string; status: 'active' | 'paused' | 'completed' };
type CheckToHandOver = { id: string; source_id: string; user_id: string; trigger: CheckTrigger };

/**
 * Hands checks to the job engine. Several dispatches may run at once, in several processes: what one has locked the others
 * pass by. None waits for a lock that somebody else holds, so none is ever part of a deadlock.
 */
@Injectable()
export class DispatchRepository {
  private readonly logger = new Logger(DispatchRepository.name);

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(JOB_ENGINE) private readonly jobEngine: JobEngine,
    @Inject(workerConfig.token) private readonly config: ConfigOf<typeof workerConfig>,
  ) {}

  /**
   * Gives a turn to the users who have waited longest, as many as the job engine has room for checks. Each gets the same
   * share of it, and of what others leave: first for checks that wait already, then for sources that are due, the oldest
   * first. One transaction: a crash leaves a check waiting and its source due, or the job enqueued. `handed_over` is the
   * number of checks, `is_waiting` whether somebody is left whose turn has come.
   */
  async dispatch(): Promise<{ handed_over: number; is_waiting: boolean }> {
    if (!(await this.isAnyoneWaiting())) return { handed_over: 0, is_waiting: false };
    const handed_over = await this.database.transaction(async (transaction) => {
      const room = await this.roomAhead(transaction);
      const users = await this.takeTurns(transaction, room);
      if (users.length === 0) return 0;
      const checks = await this.claim(transaction, users, room);
      const urgent = await this.urgentOf(transaction, checks);
      await this.enqueue(
        transaction,
        checks.filter(({ id }) => urgent.has(id)),
        { urgent: true },
      );
      await this.enqueue(
        transaction,
        checks.filter(({ id }) => !urgent.has(id)),
      );
      await this.endTurns(transaction, users);
      return checks.length;
    });
    return { handed_over, is_waiting: await this.isAnyoneWaiting() };
  }

  /** Shares `room` among users, round after round, while some have taken all of their share. */
  private async claim(transaction: Transaction, users: string[], room: number): Promise<CheckToHandOver[]> {
    const checks: CheckToHandOver[] = [];
    for (let left = room, hungry = users; left > 0 && hungry.length > 0;) {
      const quota = Math.ceil(left / hungry.length);
      const quotas = new Map(hungry.map((user) => [user, quota]));
      const waiting = await this.claimWaiting(transaction, quotas);
      take(quotas, waiting);
      const due = await this.claimDue(transaction, quotas);
      take(quotas, due);
      checks.push(...waiting, ...(await this.checkDue(transaction, due)));
      left -= waiting.length + due.length;
      hungry = hungry.filter((user) => !quotas.has(user));
    }
    return checks;
  }

  /**
   * Of those that were asked for by hand the first of each user, which may be under way already: who asks for one after
   * the other would else keep everybody's from being begun.
   */
  private async urgentOf(transaction: Transaction, checks: CheckToHandOver[]): Promise<Set<string>> {
    if (!checks.some(({ trigger }) => trigger === 'manual')) return new Set();
    const { rows } = await sql<{ id: string }>`
      select distinct on (user_id) id from check_runs
      where status in ('queued', 'running') and enqueued_at is not null and trigger = 'manual'
      order by user_id, enqueued_at, not_before
    `.execute(transaction);
    return new Set(rows.map(({ id }) => id));
  }

  private async enqueue(transaction: Transaction, checks: CheckToHandOver[], options?: EnqueueOptions) {
    const payloads = checks.map(({ id, source_id }) => ({ check_id: id, source_id }));
    await this.jobEngine.enqueue(transaction, jobs.runCheck, payloads, options);
  }

  private async isAnyoneWaiting(): Promise<boolean> {
    const { rows } = await sql<{ waiting: boolean }>`
      select exists (select from user_check_queues where turn_at <= now()) as waiting
    `.execute(this.database.kysely);
    return rows[0]!.waiting;
  }

  /** How many checks may be handed over now. */
  private async roomAhead(transaction: Transaction): Promise<number> {
    const { rows } = await sql<{ room: number }>`
      select (greatest(
        ${AHEAD_PER_PLACE * this.config.CHECK_CONCURRENCY}::int,
        ${AHEAD_PER_RUNNING}::int * count(*) filter (where status = 'running')
      ) - count(*) filter (where status = 'queued'))::int as room
      from check_runs where status in ('queued', 'running') and enqueued_at is not null
    `.execute(transaction);
    return Math.max(0, rows[0]!.room);
  }

  private async takeTurns(transaction: Transaction, room: number): Promise<string[]> {
    const { rows } = await sql<{ user_id: string }>`
      select user_id from user_check_queues
      where turn_at <= now()
      order by turn_at
      limit ${room}
      for update skip locked
    `.execute(transaction);
    return rows.map(({ user_id }) => user_id);
  }

  private async claimWaiting(transaction: Transaction, quotas: Quotas): Promise<CheckToHandOver[]> {
    const { rows } = await sql<CheckToHandOver>`
      with claimed as (
        select waiting.id
        from jsonb_each_text(${JSON.stringify(Object.fromEntries(quotas))}::jsonb) as turn(user_id, quota)
        cross join lateral (
          select run.id from check_runs run
          where run.user_id = turn.user_id::uuid
            and run.status = 'queued' and run.enqueued_at is null and run.not_before <= now()
          order by run.not_before
          limit turn.quota::int
          for no key update skip locked
        ) waiting
      )
      update check_runs run set enqueued_at = now()
      from claimed where run.id = claimed.id
      returning run.id, run.source_id, run.user_id, run.trigger
    `.execute(transaction);
    return rows;
  }

  /** For update, not less: so a source is passed by whose check somebody is just requesting. */
  private async claimDue(transaction: Transaction, quotas: Quotas): Promise<DueSource[]> {
    const { rows } = await sql<DueSource>`
      select due.*, now() as claimed_at
      from jsonb_each_text(${JSON.stringify(Object.fromEntries(quotas))}::jsonb) as turn(user_id, quota)
      cross join lateral (
        select source.id, source.user_id, source.user_query_id, source.next_check_at, source.planned_check_at
        from monitored_sources source
        where source.user_id = turn.user_id::uuid
          and source.status = 'active' and not source.parked and source.next_check_at <= now()
        order by source.next_check_at
        limit turn.quota::int
        for update skip locked
      ) due
    `.execute(transaction);
    return rows;
  }

  /** Says when each claimed source is due again, and queues a check for those that may be checked now. */
  private async checkDue(transaction: Transaction, due: DueSource[]): Promise<CheckToHandOver[]> {
    if (due.length === 0) return [];
    // Read after the sources were locked: who makes a query active again changes its sources afterwards, and waits.
    const queries = await transaction
      .selectFrom('user_queries')
      .select([
        'id',
        'status',
        'check_interval_seconds',
        'schedule_cron',
        'time_zone',
        'check_windows',
        'check_jitter_seconds',
      ])
      .where('id', 'in', [...new Set(due.map((source) => source.user_query_id))])
      .execute();
    const queryOf = new Map(queries.map((query) => [query.id, query]));
    const decisions = due.map((source) => this.decide(source, queryOf.get(source.user_query_id)!));
    const { rows } = await sql<CheckToHandOver>`
      with decided as (
        select * from jsonb_to_recordset(${JSON.stringify(decisions)}::jsonb)
          as decision(id uuid, next_check_at timestamptz, planned_check_at timestamptz, parked boolean, checks boolean)
      ), moved as (
        update monitored_sources source
        set next_check_at = decided.next_check_at, planned_check_at = decided.planned_check_at,
          parked = decided.parked
        from decided where source.id = decided.id
        returning source.id, source.user_id, decided.checks
      )
      insert into check_runs (user_id, source_id, trigger, enqueued_at)
      select user_id, id, 'schedule', now() from moved
      where checks and not exists (
        -- Not left to the conflict alone, which would wait for whoever is just ending that check.
        select from check_runs run where run.source_id = moved.id and run.status in ('queued', 'running'))
      on conflict (source_id) where status in ('queued', 'running') do nothing
      returning id, source_id, user_id, trigger
    `.execute(transaction);
    return rows;
  }

  private decide(source: DueSource, query: ScheduledQuery) {
    const { id, next_check_at, planned_check_at } = source;
    if (query.status !== 'active')
      return { id, next_check_at, planned_check_at, parked: true, checks: false };
    const now = new Date(source.claimed_at);
    const { next, checks } = this.nextOf(query, lastPlanned(source, query), now);
    return { id, next_check_at: next.check_at, planned_check_at: next.planned_at, parked: false, checks };
  }

  private nextOf(query: ScheduledQuery, last: Date, now: Date): { next: NextCheck; checks: boolean } {
    try {
      const schedule = scheduleOf(query);
      const due = dueCheck(schedule, now, Math.random);
      if (due.check_at > now) return { next: due, checks: false };
      return { next: nextCheck(schedule, last, now, Math.random), checks: true };
    } catch (error) {
      // The gateway lets none of these in; but users may write their rows without it, and must not stop all the others.
      this.logger.warn(
        { err: error, user_query_id: query.id },
        'A schedule is not valid; its interval holds',
      );
      const interval = { interval_seconds: query.check_interval_seconds, windows: [], jitter_seconds: 0 };
      return { next: nextCheck(interval, last, now, Math.random), checks: true };
    }
  }

  /** Whoever has more to do goes to the end of the line, the others to where their next check is. */
  private async endTurns(transaction: Transaction, users: string[]): Promise<void> {
    await sql`
      update user_check_queues queue
      set turn_at = case
        when next.due_at is null then 'infinity'
        when next.due_at <= now() then clock_timestamp()
        else next.due_at
      end
      from jsonb_array_elements_text(${JSON.stringify(users)}::jsonb) as turn(user_id)
      cross join lateral (
        select least(
          (select run.not_before from check_runs run
            where run.user_id = turn.user_id::uuid and run.status = 'queued' and run.enqueued_at is null
            order by run.not_before limit 1),
          (select source.next_check_at from monitored_sources source
            where source.user_id = turn.user_id::uuid and source.status = 'active' and not source.parked
            order by source.next_check_at limit 1)) as due_at
      ) next
      where queue.user_id = turn.user_id::uuid
    `.execute(transaction);
  }
}

/** Leaves those in who have some of their share left. */
function take(quotas: Quotas, claimed: { user_id: string }[]): void {
  for (const { user_id } of claimed) {
    const left = quotas.get(user_id)! - 1;
    if (left > 0) quotas.set(user_id, left);
    else quotas.delete(user_id);
  }
}

/** For when the check that is due was planned; what is due at another time than by plan and jitter, for that time. */
function lastPlanned({ next_check_at, planned_check_at }: DueSource, query: ScheduledQuery): Date {
  const due = new Date(next_check_at);
  if (planned_check_at === null) return due;
  const planned = new Date(planned_check_at);
  const late = due.getTime() - planned.getTime();
  return late >= 0 && late < query.check_jitter_seconds * 1000 ? planned : due;
}
