import { randomUUID } from 'node:crypto';
import {
  hasPostgres,
  insertCheckRun,
  insertSource,
  insertUserQuery,
  startPostgres,
  type TestUser,
} from '@torale/testing';
import { sql } from 'kysely';
import { openPostgres, type Transaction } from '../src/index.ts';
import { onBothDatabases } from './both-databases.ts';
import {
  claimsOf,
  holesIn,
  insertOneOfEach,
  ownedTables,
  publicTables,
  serviceOnly,
} from './row-level-security.ts';

/**
 * All that a signed-in user may write, by table: what the pipeline records is not among it. A grant that is not
 * listed here fails the test.
 */
const writable = {
  alert_feedback: {
    delete: true,
    insert: ['alert_id', 'reason', 'verdict'],
    update: ['reason', 'verdict'],
  },
  api_keys: { delete: true, insert: ['expires_at', 'key_hash', 'name', 'prefix'] },
  change_alerts: { update: ['acknowledged_at'] },
  monitored_sources: {
    delete: true,
    insert: [
      'extraction',
      'kind',
      'next_check_at',
      'origin',
      'reason',
      'render_actions',
      'render_mode',
      'request',
      'request_sealed',
      'respect_robots',
      'screenshot',
      'title',
      'url',
      'user_query_id',
    ],
    update: [
      'extraction',
      'next_check_at',
      'render_actions',
      'render_mode',
      'request',
      'request_sealed',
      'respect_robots',
      'screenshot',
      'status',
      'thresholds',
      'title',
    ],
  },
  channel_secrets: { insert: ['channel_id', 'secret_sealed'], update: ['expires_at'] },
  notification_channels: {
    delete: true,
    insert: ['is_default', 'kind', 'name', 'settings', 'settings_sealed', 'target'],
    update: ['is_default', 'muted', 'name', 'settings', 'settings_sealed'],
  },
  notification_preferences: {
    insert: [
      'completed_notices',
      'daily_at',
      'max_per_day',
      'min_severity',
      'mode',
      'quiet_hours',
      'source_notices',
      'time_zone',
    ],
    update: [
      'completed_notices',
      'daily_at',
      'max_per_day',
      'min_severity',
      'mode',
      'quiet_hours',
      'source_notices',
      'time_zone',
    ],
  },
  notification_templates: { delete: true, insert: ['kind', 'templates'], update: ['templates'] },
  user_queries: {
    delete: true,
    insert: [
      'channel_ids',
      'check_interval_seconds',
      'check_jitter_seconds',
      'check_windows',
      'condition',
      'muted',
      'notify_behavior',
      'raw_query',
      'reading',
      'refined_query',
      'retention_contents',
      'retention_days',
      'schedule_cron',
      'snoozed_until',
      'thresholds',
      'time_zone',
    ],
    update: [
      'channel_ids',
      'check_interval_seconds',
      'check_jitter_seconds',
      'check_windows',
      'completed_at',
      'condition',
      'muted',
      'notify_behavior',
      'raw_query',
      'reading',
      'refined_query',
      'retention_contents',
      'retention_days',
      'schedule_cron',
      'snoozed_until',
      'status',
      'thresholds',
      'time_zone',
      'unsubscribed_channel_ids',
    ],
  },
};

describe('row level security', () => {
  onBothDatabases((opened) => {
    let owner: TestUser;
    let stranger: TestUser;
    beforeAll(async () => {
      owner = await opened().createUser();
      stranger = await opened().createUser();
      // Every account has its address as a channel; a stranger is one who has nothing.
      await opened()
        .database.kysely.deleteFrom('notification_channels')
        .where('user_id', '=', stranger.id)
        .execute();
      await insertOneOfEach(opened().database, owner);
    });
    const asOwner = <T>(work: (transaction: Transaction) => Promise<T>) =>
      opened().userDatabase.asUser(claimsOf(owner), work);
    const asStranger = <T>(work: (transaction: Transaction) => Promise<T>) =>
      opened().userDatabase.asUser(claimsOf(stranger), work);
    const holesOf = (table: string) => holesIn(table, { ...opened(), owner, stranger });

    it('keeps the rows of every table to their owner', async () => {
      const tables = await ownedTables(opened().database);
      expect(tables.length).toBeGreaterThanOrEqual(11);
      for (const table of tables) expect(await holesOf(table)).toEqual([]);
    });

    it('shows nothing of the tables that belong to nobody', async () => {
      const { rows } = await sql<{ table: string; enabled: boolean; policies: number }>`
        select relname as table, relrowsecurity as enabled,
          (select count(*) from pg_policy where polrelid = c.oid) as policies
        from pg_class c where relnamespace = 'public'::regnamespace and relname = any(${serviceOnly}::text[])
        order by relname`.execute(opened().database.kysely);
      expect(rows).toEqual([...serviceOnly].sort().map((table) => ({ table, enabled: true, policies: 0 })));
      for (const table of serviceOnly) {
        const select = (transaction: Transaction) =>
          sql`select from ${sql.table(table)}`.execute(transaction);
        await expect(asOwner(select)).rejects.toThrow('permission denied');
        await expect(opened().userDatabase.asAnonymous(select)).rejects.toThrow('permission denied');
      }
    });

    it('would be reported broken if a policy were dropped or opened, or the security of a table were off', async () => {
      const { database } = opened();
      const run = (statement: string) => sql.raw(statement).execute(database.kysely);
      for (const table of await ownedTables(database)) {
        await run(`alter table public.${table} disable row level security`);
        expect(await holesOf(table)).toContainEqual(expect.stringContaining('a stranger sees rows'));
        await run(`alter table public.${table} enable row level security`);

        await run(`alter policy owner_only on public.${table} using (true)`);
        expect(await holesOf(table)).toContainEqual(expect.stringContaining('a stranger sees rows'));

        await run(`drop policy owner_only on public.${table}`);
        expect(await holesOf(table)).toContainEqual(expect.stringContaining('its owner does not see'));
        await run(`create policy owner_only on public.${table} for all to authenticated
          using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()))`);
        expect(await holesOf(table)).toEqual([]);
      }
    });

    it('lets a user write the columns that are theirs to choose, and nobody else anything', async () => {
      const { rows } = await sql<{ role: string; table: string; privilege: string; column: string | null }>`
        select role, relname as table, privilege, attname as column
        from unnest(array['anon', 'authenticated']) role,
          unnest(array['insert', 'update']) privilege, pg_class c join pg_attribute a on attrelid = c.oid
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
          and attnum > 0 and not attisdropped and has_column_privilege(role, c.oid, attnum, privilege)
        union all
        select role, relname, privilege, null
        from unnest(array['anon', 'authenticated']) role,
          unnest(array['delete', 'truncate', 'references', 'trigger']) privilege, pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
          and has_table_privilege(role, oid, privilege)
        order by 2, 3, 4`.execute(opened().database.kysely);
      const granted: Record<string, Record<string, string[] | true>> = {};
      for (const { role, table, privilege, column } of rows) {
        expect(role).toBe('authenticated');
        const ofTable = (granted[table] ??= {});
        if (column === null) ofTable[privilege] = true;
        else ofTable[privilege] = [...((ofTable[privilege] as string[]) ?? []), column];
      }
      expect(granted).toEqual(writable);
    });

    it('lets callers run the functions that are meant for them, and no other', async () => {
      const { rows } = await sql`
        select role, proname as name from unnest(array['anon', 'authenticated']) role, pg_proc
        where pronamespace = 'public'::regnamespace and prorettype <> 'trigger'::regtype
          and has_function_privilege(role, oid, 'execute')
        order by role`.execute(opened().database.kysely);
      expect(rows).toEqual([
        { role: 'anon', name: 'authenticate_api_key' },
        { role: 'authenticated', name: 'request_check' },
      ]);
    });

    it('gives the secret of a webhook, a sealed request and the hash of a key to no user', async () => {
      await expect(
        asOwner((transaction) =>
          transaction.selectFrom('monitored_sources').select('request_sealed').execute(),
        ),
      ).rejects.toThrow('permission denied');
      await expect(
        asOwner((transaction) => transaction.selectFrom('channel_secrets').select('secret_sealed').execute()),
      ).rejects.toThrow('permission denied');
      await expect(
        asOwner((transaction) =>
          transaction.selectFrom('notification_channels').select('settings_sealed').execute(),
        ),
      ).rejects.toThrow('permission denied');
      await expect(
        asOwner((transaction) => transaction.selectFrom('api_keys').select('key_hash').execute()),
      ).rejects.toThrow('permission denied');
    });

    it('shows nothing of the accounts themselves', async () => {
      await expect(
        asOwner((transaction) => sql`select email from auth.users`.execute(transaction)),
      ).rejects.toThrow('permission denied');
    });

    it('makes what a user inserts theirs, and hangs it on nothing of another', async () => {
      const query = await insertUserQuery(opened().database, { user_id: owner.id });
      const insert = (transaction: Transaction) =>
        transaction
          .insertInto('monitored_sources')
          .values({ user_query_id: query.id, url: `https://example.org/${randomUUID()}` })
          .returning('user_id')
          .executeTakeFirstOrThrow();
      expect(await asOwner(insert)).toEqual({ user_id: owner.id });
      await expect(asStranger(insert)).rejects.toThrow('foreign key');
    });

    it('counts as new settings what changes how a source is read, whoever writes it', async () => {
      const { id } = await insertSource(opened().database, {
        user_id: owner.id,
        etag: '"1"',
        raw_hash: 'hash',
        render_learned: '{"needed": true}',
      });
      const set = (values: Record<string, unknown>) =>
        asOwner((transaction) =>
          transaction
            .updateTable('monitored_sources')
            .set(values)
            .where('id', '=', id)
            .returning(['settings_version', 'etag', 'raw_hash', 'render_learned'])
            .executeTakeFirstOrThrow(),
        );
      const fresh = { etag: null, raw_hash: null, render_learned: null };
      const standing = { etag: '"1"', raw_hash: 'hash', render_learned: { needed: true } };
      expect(await set({ extraction: '{"ignore_text": ["Views: *"]}' })).toEqual({
        settings_version: 0,
        ...standing,
      });
      expect(await set({ respect_robots: false, screenshot: true })).toEqual({
        settings_version: 0,
        ...standing,
      });
      expect(await set({ render_mode: 'auto', render_actions: '[]' })).toEqual({
        settings_version: 0,
        ...standing,
      });
      expect(await set({ extraction: '{"include": ["main"]}' })).toEqual({ settings_version: 1, ...fresh });
      expect(await set({ render_mode: 'always' })).toEqual({ settings_version: 2, ...fresh });
      expect(await set({ request: '{}', request_sealed: 'sealed' })).toEqual({
        settings_version: 3,
        ...fresh,
      });
      await expect(set({ request: null })).rejects.toThrow('check');
    });

    it('ends with the transaction: nothing of a user is left on the connection', async () => {
      await asOwner((transaction) => sql`select 1`.execute(transaction));
      const state = await opened().userDatabase.asAnonymous(
        async (transaction) =>
          (await sql`select current_user as role, auth.uid() as user_id`.execute(transaction)).rows,
      );
      expect(state).toEqual([{ role: 'anon', user_id: null }]);
    });

    describe('request_check', () => {
      const request =
        (source: string, trigger = 'manual') =>
        async (transaction: Transaction) => {
          const { rows } = await sql<{ id: string | null }>`
          select request_check(${source}, ${trigger}) as id`.execute(transaction);
          return rows[0]!.id;
        };

      it('queues one check of a source, however many ask for it at a time', async () => {
        const source = await insertSource(opened().database, { user_id: owner.id });
        const ids = await Promise.all([1, 2, 3].map(() => asOwner(request(source.id))));
        expect(new Set(ids).size).toBe(1);
        expect(await asOwner(request(source.id))).toBe(ids[0]);
        const runs = await asOwner((transaction) =>
          transaction.selectFrom('check_runs').selectAll().where('source_id', '=', source.id).execute(),
        );
        expect(runs).toEqual([
          expect.objectContaining({ id: ids[0], user_id: owner.id, trigger: 'manual', status: 'queued' }),
        ]);
      });

      it('queues another one once the last is finished', async () => {
        const { database } = opened();
        const source = await insertSource(database, { user_id: owner.id });
        const finished = await insertCheckRun(database, { source_id: source.id, status: 'succeeded' });
        const id = await asOwner(request(source.id));
        expect(id).not.toBeNull();
        expect(id).not.toBe(finished.id);
      });

      it('gives null for a source of another, and queues nothing', async () => {
        const source = await insertSource(opened().database, { user_id: owner.id });
        expect(await asStranger(request(source.id))).toBeNull();
        const runs = await asOwner((transaction) =>
          transaction.selectFrom('check_runs').select('id').where('source_id', '=', source.id).execute(),
        );
        expect(runs).toEqual([]);
      });

      it('is not for the trigger of the schedule, nor for somebody without an account', async () => {
        const source = await insertSource(opened().database, { user_id: owner.id });
        await expect(asOwner(request(source.id, 'schedule'))).rejects.toThrow('schedule');
        await expect(opened().userDatabase.asAnonymous(request(source.id))).rejects.toThrow(
          'permission denied',
        );
      });
    });

    describe('authenticate_api_key', () => {
      const authenticate = (hash: string) =>
        opened().userDatabase.asAnonymous(async (transaction) => {
          const { rows } = await sql<{ id: string | null }>`
            select authenticate_api_key(${hash}) as id`.execute(transaction);
          return rows[0]!.id;
        });
      const insertKey = async (expires_at: Date | null) => {
        const { id, key_hash } = await opened()
          .database.kysely.insertInto('api_keys')
          .values({ user_id: owner.id, name: 'key', prefix: 'trl_', key_hash: randomUUID(), expires_at })
          .returning(['id', 'key_hash'])
          .executeTakeFirstOrThrow();
        return { id, hash: key_hash };
      };

      it('gives the owner of a valid key and notes its use', async () => {
        const key = await insertKey(new Date(Date.now() + 60_000));
        expect(await authenticate(key.hash)).toBe(owner.id);
        const [row] = await asOwner((transaction) =>
          transaction.selectFrom('api_keys').select('last_used_at').where('id', '=', key.id).execute(),
        );
        expect(Date.now() - Date.parse(row!.last_used_at!)).toBeLessThan(60_000);
      });

      it('gives null for a key that is unknown, expired or revoked', async () => {
        const expired = await insertKey(new Date(Date.now() - 1));
        const revoked = await insertKey(null);
        await asOwner((transaction) =>
          transaction.deleteFrom('api_keys').where('id', '=', revoked.id).execute(),
        );
        expect(await authenticate('unknown')).toBeNull();
        expect(await authenticate(expired.hash)).toBeNull();
        expect(await authenticate(revoked.hash)).toBeNull();
      });
    });
  });
});

(hasPostgres ? describe : describe.skip)('the role authenticator by itself', () => {
  it('reads no table and becomes nobody but a user or nobody', async () => {
    const cluster = await startPostgres();
    const services = openPostgres({ url: cluster.url, poolSize: 1 });
    const authenticator = openPostgres({ url: cluster.authenticatorUrl, poolSize: 1 });
    for (const table of await publicTables(services)) {
      await expect(sql`select from ${sql.table(table)}`.execute(authenticator.kysely)).rejects.toThrow(
        'permission denied',
      );
    }
    for (const role of ['service_role', 'postgres']) {
      await expect(sql`set role ${sql.ref(role)}`.execute(authenticator.kysely)).rejects.toThrow(
        'permission denied',
      );
    }
    await Promise.all([services.close(), authenticator.close()]);
    await cluster.stop();
  }, 60_000);
});
