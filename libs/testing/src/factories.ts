import { randomUUID } from 'node:crypto';
import type { Block } from '@torale/contracts';
import type { Database, DatabaseSchema } from '@torale/database';
import { sql, type Insertable, type Selectable } from 'kysely';

export interface TestUser {
  id: string;
  email: string;
}

type Overrides<Table extends keyof DatabaseSchema> = Partial<Insertable<DatabaseSchema[Table]>>;
type Row<Table extends keyof DatabaseSchema> = Promise<Selectable<DatabaseSchema[Table]>>;

/** Rows of valid values; what they hang on is created too unless `overrides` name it. */

export async function createUser(
  database: Database,
  email = `${randomUUID()}@example.org`,
): Promise<TestUser> {
  const id = randomUUID();
  await sql`insert into auth.users (id, email, email_confirmed_at) values (${id}, ${email}, now())`.execute(
    database.kysely,
  );
  return { id, email };
}

export async function insertUserQuery(
  database: Database,
  overrides: Overrides<'user_queries'> = {},
): Row<'user_queries'> {
  return database.kysely
    .insertInto('user_queries')
    .values({
      user_id: overrides.user_id ?? (await createUser(database)).id,
      raw_query: 'Tell me when the price drops',
      ...overrides,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function insertSource(
  database: Database,
  overrides: Overrides<'monitored_sources'> = {},
): Row<'monitored_sources'> {
  const query = overrides.user_query_id
    ? await rowById(database, 'user_queries', overrides.user_query_id)
    : await insertUserQuery(database, overrides.user_id ? { user_id: overrides.user_id } : {});
  return database.kysely
    .insertInto('monitored_sources')
    .values({
      user_id: query.user_id,
      user_query_id: query.id,
      url: `https://example.org/${randomUUID()}`,
      ...overrides,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function insertContent(
  database: Database,
  overrides: Omit<Overrides<'scraped_contents'>, 'blocks'> & { blocks?: Block[] } = {},
): Row<'scraped_contents'> {
  const source = await sourceOf(database, overrides);
  const { blocks = [paragraph('Price: $549')], ...rest } = overrides;
  return database.kysely
    .insertInto('scraped_contents')
    .values({
      user_id: source.user_id,
      source_id: source.id,
      content_hash: randomUUID(),
      fetched_at: new Date(),
      ...rest,
      blocks: JSON.stringify(blocks),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function insertCheckRun(
  database: Database,
  overrides: Overrides<'check_runs'> = {},
): Row<'check_runs'> {
  const source = await sourceOf(database, overrides);
  return database.kysely
    .insertInto('check_runs')
    .values({ user_id: source.user_id, source_id: source.id, trigger: 'manual', ...overrides })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function insertAlert(
  database: Database,
  overrides: Overrides<'change_alerts'> = {},
): Row<'change_alerts'> {
  const source = await sourceOf(database, overrides);
  const evidence = [
    { kind: 'edited', before: 'Price: $549', after: 'Price: $499', path: [], source_url: source.url },
  ];
  return database.kysely
    .insertInto('change_alerts')
    .values({
      user_id: source.user_id,
      user_query_id: source.user_query_id,
      source_id: source.id,
      source_url: source.url,
      kind: 'change',
      severity: 'medium',
      summary: 'The price dropped from $549 to $499.',
      evidence: JSON.stringify(evidence),
      confidence: 0.9,
      judged_by: 'rules',
      ...overrides,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function insertNotice(
  database: Database,
  overrides: Overrides<'source_notices'> = {},
): Row<'source_notices'> {
  const source = await sourceOf(database, overrides);
  return database.kysely
    .insertInto('source_notices')
    .values({
      user_id: source.user_id,
      user_query_id: source.user_query_id,
      source_id: source.id,
      kind: 'failing',
      outcome: 'server_error',
      detail: 'The site answered 500.',
      failing_since: new Date(),
      ...overrides,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Of an alert, unless `overrides` name a notice. */
export async function insertDelivery(
  database: Database,
  overrides: Overrides<'notification_deliveries'> = {},
): Row<'notification_deliveries'> {
  const { alert_id, notice_id, user_id } = overrides;
  const about = notice_id
    ? await rowById(database, 'source_notices', notice_id)
    : alert_id
      ? await rowById(database, 'change_alerts', alert_id)
      : await insertAlert(database, user_id ? { user_id } : {});
  return database.kysely
    .insertInto('notification_deliveries')
    .values({
      user_id: about.user_id,
      ...(!notice_id && { alert_id: about.id }),
      channel: 'email',
      target: 'someone@example.org',
      ...overrides,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

const paragraph = (text: string): Block => ({ kind: 'paragraph', text, path: [], hash: randomUUID() });

async function sourceOf(
  database: Database,
  overrides: { source_id?: string | null; user_id?: string; user_query_id?: string },
): Row<'monitored_sources'> {
  if (overrides.source_id) return rowById(database, 'monitored_sources', overrides.source_id);
  const { user_id, user_query_id } = overrides;
  return insertSource(database, { ...(user_id && { user_id }), ...(user_query_id && { user_query_id }) });
}

async function rowById<
  Table extends 'user_queries' | 'monitored_sources' | 'change_alerts' | 'source_notices',
>(database: Database, table: Table, id: string): Row<Table> {
  const { rows } = await sql<Selectable<DatabaseSchema[Table]>>`
    select * from ${sql.table(table)} where id = ${id}`.execute(database.kysely);
  if (!rows[0]) throw new Error(`No row ${id} in ${table}`);
  return rows[0];
}
