import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScriptSession, ScriptableDatabase } from './sql-script.ts';

/** Any number, as long as it is Torale's own: several processes may start on one empty database. */
const ADVISORY_LOCK = 7_263_901;

const MIGRATION_FILE = /^(?<version>\d+)_(?<name>.+)\.sql$/;

/**
 * Applies the `<version>_<name>.sql` files of a directory that the database does not have yet, in order of version,
 * each in a transaction of its own, and records them where the Supabase CLI does. Safe to run from several
 * processes at once. Resolves with the versions it applied; rejects with the first migration that fails, naming it,
 * with those before it applied.
 */
export async function applyMigrations(database: ScriptableDatabase, directory: string): Promise<string[]> {
  const files = (await readdir(directory)).filter((file) => MIGRATION_FILE.test(file)).sort();
  const applied: string[] = [];
  for (const file of files) {
    const script = await readFile(join(directory, file), 'utf8');
    const { version, name } = MIGRATION_FILE.exec(file)!.groups as { version: string; name: string };
    try {
      if (await database.scriptTransaction((session) => applyOnce(session, version, name, script))) {
        applied.push(version);
      }
    } catch (error) {
      throw new Error(`Migration ${file} failed: ${(error as Error).message}`, { cause: error });
    }
  }
  return applied;
}

async function applyOnce(
  session: ScriptSession,
  version: string,
  name: string,
  script: string,
): Promise<boolean> {
  await session.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
  await session.run(`
    create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations (
      version text primary key, statements text[], name text
    );`);
  const [known] = await session.query(
    'select from supabase_migrations.schema_migrations where version = $1',
    [version],
  );
  if (known) return false;
  await session.run(script);
  await session.query(
    'insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, array[$3])',
    [version, name, script],
  );
  return true;
}
