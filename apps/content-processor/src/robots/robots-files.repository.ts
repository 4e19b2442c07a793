import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Database } from '@torale/database';

export interface StoredRobotsFile {
  /** Null: nothing may be read. */
  rules: string | null;
  expires_at: string;
}

/** What sites let programs read, as they last said. */
@Injectable()
export class RobotsFilesRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** Also when it has expired. */
  find(origin: string): Promise<StoredRobotsFile | undefined> {
    return this.database.kysely
      .selectFrom('robots_files')
      .select(['rules', 'expires_at'])
      .where('origin', '=', origin)
      .executeTakeFirst();
  }

  async save(origin: string, rules: string | null, expires_at: Date): Promise<void> {
    await this.database.kysely
      .insertInto('robots_files')
      .values({ origin, rules, expires_at })
      .onConflict((conflict) => conflict.column('origin').doUpdateSet({ rules, expires_at }))
      .execute();
  }
}
