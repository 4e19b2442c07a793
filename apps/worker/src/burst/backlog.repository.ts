import { Inject, Injectable } from '@nestjs/common';
import { subscribers } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { JOB_ENGINE, type JobEngine } from '@torale/job-engine';
import { sql } from 'kysely';
import { EventRelayRepository } from '../events/event-relay.repository.ts';

/** What fails now and then is tried again within this time; what waits longer is another worker's. */
const DUE_SOON_MS = 5_000;

/** What there is left to do, on its way from one part of the worker to the next. */
@Injectable()
export class BacklogRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(JOB_ENGINE) private readonly jobEngine: JobEngine,
    @Inject(EventRelayRepository) private readonly events: EventRelayRepository,
  ) {}

  /** Asked in the order in which work moves, so that none is passed by while it does. */
  async isEmpty(): Promise<boolean> {
    if (await this.areChecksDue()) return false;
    if ((await this.jobEngine.backlog(DUE_SOON_MS)) > 0) return false;
    const waiting = await this.events.waiting(Object.values(subscribers).map(({ name }) => name));
    return waiting.length === 0;
  }

  private async areChecksDue(): Promise<boolean> {
    const { rows } = await sql<{ due: boolean }>`
      select exists (select from user_check_queues where turn_at <= now()) as due
    `.execute(this.database.kysely);
    return rows[0]!.due;
  }
}
