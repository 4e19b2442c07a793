import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { applyMigrations } from '../src/index.ts';
import { onBothDatabases } from './both-databases.ts';

describe('applyMigrations', () => {
  onBothDatabases((opened) => {
    let directory: string;
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'torale-migrations-'));
    });
    afterEach(() => rm(directory, { recursive: true }));

    const write = (file: string, script: string) => writeFile(join(directory, file), script);
    const recorded = async () => {
      const { rows } = await sql<{ version: string; name: string }>`
        select version, name from supabase_migrations.schema_migrations
        where version like '9%' order by version`.execute(opened().database.kysely);
      return rows;
    };

    it('applies each once and in order, records them, and stops at one that fails', async () => {
      const { database } = opened();
      await write('9002_second.sql', 'insert into first_table values (2); select 1;');
      await write('9001_first.sql', 'create table first_table (n int); insert into first_table values (1);');
      await write('notes.md', 'not a migration');
      expect(await applyMigrations(database, directory)).toEqual(['9001', '9002']);
      expect(await applyMigrations(database, directory)).toEqual([]);

      await write('9003_third.sql', 'insert into first_table values (3); select 1 / 0;');
      await write('9004_fourth.sql', 'insert into first_table values (4);');
      await expect(applyMigrations(database, directory)).rejects.toThrow(
        'Migration 9003_third.sql failed: division by zero',
      );
      const { rows } = await sql`select n from first_table order by n`.execute(database.kysely);
      expect(rows).toEqual([{ n: 1 }, { n: 2 }]);
      expect(await recorded()).toEqual([
        { version: '9001', name: 'first' },
        { version: '9002', name: 'second' },
      ]);
    });

    it('can be run by several at once', async () => {
      const { database } = opened();
      await write('9005_once.sql', 'create table once_only (n int);');
      const applied = await Promise.all([1, 2, 3].map(() => applyMigrations(database, directory)));
      expect(applied.flat()).toEqual(['9005']);
    });
  });
});
