import { createHash, randomUUID } from 'node:crypto';
import {
  insertAlert,
  insertChannel,
  insertCheckRun,
  insertContent,
  insertDelivery,
  insertNotice,
  insertSource,
  type TestUser,
} from '@torale/testing';
import { sql } from 'kysely';
import type { Database, Transaction, UserClaims, UserDatabase } from '../src/index.ts';

/** Every table of the public schema, as the catalog has it: a new one is checked without being named anywhere. */
export async function publicTables(database: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
    order by relname`.execute(database.kysely);
  return rows.map(({ name }) => name);
}

/** Tables that hold no user's data: no user reads or writes them. */
export const serviceOnly = [
  'channel_verifications',
  'event_clock',
  'event_subscribers',
  'outbound_hosts',
  'periodic_jobs',
  'robots_files',
  'sent_on_request',
  'unreferenced_snapshots',
  'user_check_queues',
];

export const ownedTables = async (database: Database): Promise<string[]> =>
  (await publicTables(database)).filter((table) => !serviceOnly.includes(table));

/** One row in every table that has an owner. */
export async function insertOneOfEach(database: Database, owner: TestUser): Promise<void> {
  const user_id = owner.id;
  const source = await insertSource(database, { user_id });
  const content = await insertContent(database, { source_id: source.id });
  const check = await insertCheckRun(database, { source_id: source.id });
  const alert = await insertAlert(database, { source_id: source.id, check_id: check.id });
  const delivery = await insertDelivery(database, { alert_id: alert.id });
  await insertNotice(database, { source_id: source.id });
  const { kysely } = database;
  await kysely
    .insertInto('events')
    .values({ user_id, type: 'source.checked', data: JSON.stringify({ source_id: source.id }) })
    .execute();
  await kysely
    .insertInto('content_embeddings')
    .values({
      user_id,
      source_id: source.id,
      content_id: content.id,
      block_hash: 'hash',
      model: 'test',
      dimensions: 3,
      embedding: '[1,2,3]',
    })
    .execute();
  await kysely
    .insertInto('reported_facts')
    .values({
      user_id,
      user_query_id: alert.user_query_id,
      alert_id: alert.id,
      source_id: source.id,
      family: 'change',
      value_keys: '[]',
      text: 'Text',
    })
    .execute();
  await kysely
    .insertInto('alert_feedback')
    .values({ user_id, alert_id: alert.id, verdict: 'useful' })
    .execute();
  await kysely
    .insertInto('language_model_judgements')
    .values({ user_id, question_hash: 'hash', answer: '{}' })
    .execute();
  await kysely
    .insertInto('language_model_usage')
    .values({ user_id, day: '2026-11-22', questions: 1 })
    .execute();
  await kysely.insertInto('notification_preferences').values({ user_id }).execute();
  const channel = await insertChannel(database, {
    user_id,
    kind: 'webhook',
    target: 'https://example.org/hook',
    settings_sealed: 'sealed',
  });
  await kysely
    .insertInto('channel_secrets')
    .values({ user_id, channel_id: channel.id, secret_sealed: 'sealed' })
    .execute();
  await kysely
    .insertInto('notification_digests')
    .values({ user_id, channel_id: channel.id, due_at: new Date() })
    .execute();
  await kysely
    .insertInto('notification_templates')
    .values({ user_id, kind: 'email', templates: '{}' })
    .execute();
  await kysely
    .insertInto('outbox_emails')
    .values({
      user_id,
      delivery_id: delivery.id,
      message_id: delivery.id,
      to_address: owner.email,
      subject: 'Subject',
      text_body: 'Text',
      html_body: '<p>Text</p>',
    })
    .execute();
  await kysely
    .insertInto('api_keys')
    .values({
      user_id,
      name: 'key',
      prefix: 'trl_',
      key_hash: createHash('sha256').update(randomUUID()).digest('hex'),
    })
    .execute();
}

export const claimsOf = (user: TestUser): UserClaims => ({ sub: user.id, role: 'authenticated' });

/**
 * What is wrong with the protection of one table of which `owner` has rows and `stranger` has none; empty when all
 * is well. Nothing that is tried stays.
 */
export async function holesIn(
  table: string,
  {
    database,
    userDatabase,
    owner,
    stranger,
  }: {
    database: Database;
    userDatabase: UserDatabase;
    owner: TestUser;
    stranger: TestUser;
  },
): Promise<string[]> {
  const name = sql.table(table);
  const asStranger = (statement: Statement) =>
    attempt((work) => userDatabase.asUser(claimsOf(stranger), work), statement);
  const [{ rows: all }, { rows: updatable }] = await Promise.all([
    sql<{ count: number; enabled: boolean }>`
      select (select count(*) from ${name} where user_id = ${owner.id}),
        (select relrowsecurity from pg_class where oid = ${table}::regclass) as enabled`.execute(
      database.kysely,
    ),
    sql<{ column: string; readable: boolean }>`
      select attname as column, has_column_privilege('authenticated', attrelid, attnum, 'select') as readable
      from pg_attribute
      where attrelid = ${table}::regclass and attnum > 0 and not attisdropped
        and has_column_privilege('authenticated', attrelid, attnum, 'update')`.execute(database.kysely),
  ]);
  const { count, enabled } = all[0]!;
  const holes: string[] = [];
  const expectRows = (what: string, rows: number | 'denied', allowed: (number | 'denied')[]) => {
    if (!allowed.includes(rows)) holes.push(`${table}: ${what} (${rows})`);
  };
  const select = sql`select user_id from ${name}`;

  if (!enabled) holes.push(`${table}: row level security is off`);
  if (count === 0) holes.push(`${table}: no row to test with`);
  expectRows(
    'its owner does not see exactly their rows',
    await attempt((work) => userDatabase.asUser(claimsOf(owner), work), select),
    [count],
  );
  expectRows('a stranger sees rows', await asStranger(select), [0]);
  expectRows(
    'somebody without an account sees rows',
    await attempt((work) => userDatabase.asAnonymous(work), select),
    [0, 'denied'],
  );
  expectRows('a stranger deletes rows', await asStranger(sql`delete from ${name}`), [0, 'denied']);
  for (const { column, readable } of updatable) {
    const value = readable ? sql.ref(column) : sql`default`;
    const update = sql`update ${name} set ${sql.ref(column)} = ${value}`;
    expectRows(`a stranger updates ${column}`, await asStranger(update), [0]);
  }
  const copy = sql`insert into ${name} overriding system value select (jsonb_populate_record(null::${name}, ${await rowOf(database, table, owner)}::jsonb)).*`;
  expectRows('a stranger inserts for the owner', await asStranger(copy), ['denied']);
  return holes;
}

type Statement = ReturnType<typeof sql>;

const INSUFFICIENT_PRIVILEGE = '42501';

/** Rows that a statement gave or changed, or that it was denied; rolled back. */
async function attempt(
  act: (work: (transaction: Transaction) => Promise<never>) => Promise<never>,
  statement: Statement,
): Promise<number | 'denied'> {
  const rolledBack = new Error('rolled back');
  let rows: number | undefined;
  try {
    return await act(async (transaction) => {
      const result = await statement.execute(transaction);
      rows = result.rows.length || Number(result.numAffectedRows ?? 0);
      throw rolledBack;
    });
  } catch (error) {
    if (error === rolledBack) return rows!;
    if ((error as { code?: string }).code === INSUFFICIENT_PRIVILEGE) return 'denied';
    throw error;
  }
}

async function rowOf(database: Database, table: string, owner: TestUser): Promise<string> {
  const { rows } = await sql<{ row: object }>`
    select to_jsonb(t) as row from ${sql.table(table)} t where user_id = ${owner.id}`.execute(
    database.kysely,
  );
  return JSON.stringify(rows[0]?.row ?? {});
}
