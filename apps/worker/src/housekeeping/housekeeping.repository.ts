import { Inject, Injectable } from '@nestjs/common';
import { jobs } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { JOB_ENGINE, type JobEngine } from '@torale/job-engine';
import { sql } from 'kysely';

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

  async enqueueReembedding(sourceIds: readonly string[]): Promise<void> {
    const payloads = sourceIds.map((source_id) => ({ source_id }));
    await this.database.transaction((transaction) =>
      this.jobEngine.enqueue(transaction, jobs.reembed, payloads),
    );
  }
}
