import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { sql } from 'kysely';

@Injectable()
export class SnapshotsRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  async noteUnreferenced(key: string): Promise<void> {
    await this.database.kysely.insertInto('unreferenced_snapshots').values({ key }).execute();
  }

  /** Keys to which nothing has referred for this long. */
  async findUnreferenced(forSeconds: number, limit: number): Promise<string[]> {
    const rows = await this.database.kysely
      .selectFrom('unreferenced_snapshots')
      .select('key')
      .where('since', '<', sql<string>`now() - make_interval(secs => ${forSeconds})`)
      .orderBy('since')
      .limit(limit)
      .execute();
    return rows.map(({ key }) => key);
  }

  async forget(keys: readonly string[]): Promise<void> {
    await this.database.kysely
      .deleteFrom('unreferenced_snapshots')
      .where('key', '=', sql<string>`any(${keys}::text[])`)
      .execute();
  }
}

/** Notes that a row of this transaction refers to the key; false when the snapshot is swept away already. */
export async function referTo(transaction: Transaction, key: string): Promise<boolean> {
  const struck = await transaction
    .deleteFrom('unreferenced_snapshots')
    .where('key', '=', key)
    .returning('key')
    .executeTakeFirst();
  return struck !== undefined;
}
