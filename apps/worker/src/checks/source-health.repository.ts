import { Inject, Injectable } from '@nestjs/common';
import { events, type ConfigOf } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { appendEvents } from '@torale/events';
import { sql } from 'kysely';
import { workerConfig } from '../worker.config.ts';

/** Notices that a source has turned from readable to failing or back, and has its owner told, once each time. */
@Injectable()
export class SourceHealthRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(workerConfig.token) private readonly config: ConfigOf<typeof workerConfig>,
  ) {}

  /**
   * To be called when a check has ended. It looks at what checks left on the source, so that any later call makes up
   * for one that a crash prevented.
   */
  async review(sourceId: string): Promise<void> {
    const { rows } = await sql`
      select from monitored_sources source where id = ${sourceId} and ${this.hasTurned()}
    `.execute(this.database.kysely);
    if (rows.length > 0) await this.turn(sourceId);
  }

  /**
   * The turn, its notice and the event that tells of it, in one transaction. Of two calls at the same time the second
   * waits for the lock and finds that the source has turned. One that recovers is checked at its own interval again.
   */
  private async turn(sourceId: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const { rows } = await sql<{ id: string; user_id: string; kind: 'failing' | 'recovered' }>`
        with before as (
          select source.id, source.failing_since, query.check_interval_seconds
          from monitored_sources source join user_queries query on query.id = source.user_query_id
          where source.id = ${sourceId} and ${this.hasTurned()}
          for no key update of source
        ), turned as (
          update monitored_sources source
          set failing_since = case when before.failing_since is null then now() end,
            next_check_at = case
              when before.failing_since is null then next_check_at
              else least(next_check_at, now() + make_interval(secs => before.check_interval_seconds))
            end
          from before where source.id = before.id
          returning source.*, before.failing_since as was_failing_since
        )
        insert into notices (user_id, user_query_id, source_id, kind, outcome, detail, occurred_at)
        select user_id, user_query_id, id,
          case when was_failing_since is null then 'failing' else 'recovered' end,
          last_outcome, last_error, coalesce(was_failing_since, failing_since)
        from turned
        returning id, user_id, kind
      `.execute(transaction);
      for (const { id, user_id, kind } of rows) {
        await appendEvents(transaction, kind === 'failing' ? events.sourceFailing : events.sourceRecovered, [
          { user_id, data: { notice_id: id, source_id: sourceId } },
        ]);
      }
    });
  }

  private hasTurned() {
    return sql`case
      when source.failing_since is null then source.consecutive_failures >= ${this.config.FAILING_AFTER}
      else source.consecutive_failures = 0
    end`;
  }
}
