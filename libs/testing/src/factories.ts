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

/** Of a source that fails, unless `overrides` say otherwise; one of a query or a channel names its `user_id`. */
export async function insertNotice(database: Database, overrides: Overrides<'notices'> = {}): Row<'notices'> {
  const about =
    overrides.kind === 'channel_disabled' || overrides.kind === 'completed'
      ? {}
      : await noticeOfSource(database, overrides);
  const { user_id } = { ...about, ...overrides };
  if (!user_id) throw new Error('A notice that is not of a source needs its user_id');
  return database.kysely
    .insertInto('notices')
    .values({ kind: 'failing', occurred_at: new Date(), ...about, ...overrides, user_id })
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function noticeOfSource(database: Database, overrides: Overrides<'notices'>) {
  const { source_id, user_id, user_query_id } = overrides;
  const source = await sourceOf(database, {
    ...(source_id && { source_id }),
    ...(user_id && { user_id }),
    ...(user_query_id && { user_query_id }),
  });
  return {
    user_id: source.user_id,
    user_query_id: source.user_query_id,
    source_id: source.id,
    outcome: 'server_error',
    detail: 'The site answered 500.',
  };
}

/** Verified; to an address of its own, unless `overrides` say what kind it is and where it leads. */
export async function insertChannel(
  database: Database,
  overrides: Overrides<'notification_channels'> = {},
): Row<'notification_channels'> {
  return database.kysely
    .insertInto('notification_channels')
    .values({
      user_id: overrides.user_id ?? (await createUser(database)).id,
      kind: 'email',
      target: `${randomUUID()}@example.org`,
      status: 'verified',
      verified_at: new Date(),
      ...overrides,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** The channel that the account's address is. */
export async function accountChannel(database: Database, userId: string): Row<'notification_channels'> {
  return database.kysely
    .selectFrom('notification_channels')
    .selectAll()
    .where('user_id', '=', userId)
    .where('is_account', '=', true)
    .executeTakeFirstOrThrow();
}

/** Of an alert to the account's address, unless `overrides` name a notice, a digest or a channel. */
export async function insertDelivery(
  database: Database,
  overrides: Overrides<'notification_deliveries'> = {},
): Row<'notification_deliveries'> {
  const { alert_id, notice_id, digest_id, user_id, channel_id } = overrides;
  const about = notice_id
    ? await rowById(database, 'notices', notice_id)
    : digest_id
      ? await rowById(database, 'notification_digests', digest_id)
      : alert_id
        ? await rowById(database, 'change_alerts', alert_id)
        : await insertAlert(database, user_id ? { user_id } : {});
  const channel = channel_id
    ? await rowById(database, 'notification_channels', channel_id)
    : await accountChannel(database, about.user_id);
  return database.kysely
    .insertInto('notification_deliveries')
    .values({
      user_id: about.user_id,
      ...(!notice_id && !digest_id && { alert_id: about.id }),
      channel_id: channel.id,
      channel: channel.kind,
      target: channel.target,
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
  Table extends
    | 'user_queries'
    | 'monitored_sources'
    | 'change_alerts'
    | 'notices'
    | 'notification_channels'
    | 'notification_digests',
>(database: Database, table: Table, id: string): Row<Table> {
  const { rows } = await sql<Selectable<DatabaseSchema[Table]>>`
    select * from ${sql.table(table)} where id = ${id}`.execute(database.kysely);
  if (!rows[0]) throw new Error(`No row ${id} in ${table}`);
  return rows[0];
}
