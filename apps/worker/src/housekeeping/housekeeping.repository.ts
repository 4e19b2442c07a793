import { Inject, Injectable } from '@nestjs/common';
import { jobs } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { JOB_ENGINE, type JobEngine } from '@torale/job-engine';
import { sql } from 'kysely';
import { forgetInBatches } from './forget-in-batches.ts';

@Injectable()
export class HousekeepingRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(JOB_ENGINE) private readonly jobEngine: JobEngine,
  ) {}

  /** Hands housekeeping to the job engine when it is due, once for all workers; false when it is not. */
  async enqueueWhenDue(intervalSeconds: number): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const due = await transaction
        .updateTable('periodic_jobs')
        .set({ due_at: sql<string>`now() + make_interval(secs => ${intervalSeconds})` })
        .where('name', '=', 'housekeeping')
        .where('due_at', '<=', sql<string>`now()`)
        .returning('name')
        .executeTakeFirst();
      if (due) await this.jobEngine.enqueue(transaction, jobs.housekeeping, [{}]);
      return due !== undefined;
    });
  }

  /** Deletes checks that ended and are older, but for those that alerts came from; returns their number. */
  forgetChecks(olderThanDays: number): Promise<number> {
    return forgetInBatches(async (atMost) => {
      const { numAffectedRows } = await sql`
        delete from check_runs where id in (
          select id from check_runs
          where created_at < now() - make_interval(days => ${olderThanDays})
            and status not in ('queued', 'running')
            and not exists (select from change_alerts where check_id = check_runs.id)
          limit ${atMost})`.execute(this.database.kysely);
      return Number(numAffectedRows ?? 0);
    });
  }

  async enqueueReembedding(sourceIds: readonly string[]): Promise<void> {
    const payloads = sourceIds.map((source_id) => ({ source_id }));
    await this.database.transaction((transaction) =>
      this.jobEngine.enqueue(transaction, jobs.reembed, payloads),
    );
  }
}
