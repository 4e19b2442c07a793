import { Inject, Injectable } from '@nestjs/common';
import type { AlertSource, Evidence } from '@torale/contracts';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { sql } from 'kysely';
import type { Fact } from './fact.ts';

/** A fact that was told, and where. */
export interface ReportedFact extends Fact {
  id: string;
  alert_id: string;
  source_id: string | null;
}

/** What was told longer ago than this is news again. */
const rememberedDays = 30;
const mostRemembered = 200;

@Injectable()
export class ReportedFactsRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** The newest first. */
  async factsOf(queryId: string, transaction?: Transaction): Promise<ReportedFact[]> {
    return (transaction ?? this.database.kysely)
      .selectFrom('reported_facts')
      .select(['id', 'alert_id', 'source_id', 'family', 'value_keys', 'text'])
      .where('user_query_id', '=', queryId)
      .where('created_at', '>', sql<string>`now() - make_interval(days => ${rememberedDays})`)
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .limit(mostRemembered)
      .execute();
  }

  async insert(
    transaction: Transaction,
    owner: { user_id: string; user_query_id: string; alert_id: string; source_id: string },
    { family, value_keys, text }: Fact,
  ): Promise<void> {
    await transaction
      .insertInto('reported_facts')
      .values({ ...owner, family, value_keys: JSON.stringify(value_keys), text })
      .execute();
  }

  /** Adds a source to the alert that told the same first; a source that is on it already adds only its evidence. */
  async addSource(
    transaction: Transaction,
    alertId: string,
    source: AlertSource,
    evidence: readonly Evidence[],
  ): Promise<void> {
    await transaction
      .updateTable('change_alerts')
      .set({
        evidence: sql`evidence || ${JSON.stringify(evidence)}::jsonb`,
        sources: sql`case when sources @> ${JSON.stringify([{ source_id: source.source_id }])}::jsonb
          then sources else sources || ${JSON.stringify([source])}::jsonb end`,
      })
      .where('id', '=', alertId)
      .execute();
  }
}
