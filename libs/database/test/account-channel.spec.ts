import { createUser, insertChannel } from '@torale/testing';
import { sql } from 'kysely';
import { onBothDatabases } from './both-databases.ts';
import { claimsOf } from './row-level-security.ts';

describe('the channel that the address of an account is', () => {
  onBothDatabases((opened) => {
    const channelsOf = (userId: string) =>
      opened()
        .database.kysely.selectFrom('notification_channels')
        .select(['kind', 'target', 'is_account', 'status'])
        .where('user_id', '=', userId)
        .orderBy('target')
        .execute();
    const signUp = async (email: string | null) => {
      const { rows } = await sql<{ id: string }>`
        insert into auth.users (id, email) values (gen_random_uuid(), ${email}) returning id`.execute(
        opened().database.kysely,
      );
      return rows[0]!.id;
    };
    const set = (id: string, column: 'email' | 'email_confirmed_at', value: string) =>
      sql`update auth.users set ${sql.ref(column)} = ${value} where id = ${id}`.execute(
        opened().database.kysely,
      );
    const mail = (target: string, status: 'pending' | 'verified') => ({
      kind: 'email',
      target,
      is_account: true,
      status,
    });

    it('is there from the beginning, and verified when the account is', async () => {
      const id = await signUp('new@example.org');
      expect(await channelsOf(id)).toEqual([mail('new@example.org', 'pending')]);
      await set(id, 'email_confirmed_at', '2026-11-22T10:00:00Z');
      expect(await channelsOf(id)).toEqual([mail('new@example.org', 'verified')]);
    });

    it('follows the address', async () => {
      const { id } = await createUser(opened().database, 'old@example.org');
      await set(id, 'email', 'changed@example.org');
      expect(await channelsOf(id)).toEqual([mail('changed@example.org', 'verified')]);
    });

    it('is the one that already leads there', async () => {
      const { id, email } = await createUser(opened().database);
      await insertChannel(opened().database, {
        user_id: id,
        target: 'second@example.org',
        status: 'pending',
      });
      await set(id, 'email', 'second@example.org');
      expect(await channelsOf(id)).toEqual([mail('second@example.org', 'verified')]);
      expect(email).not.toBe('second@example.org');
    });

    it('is none for an account without an address', async () => {
      expect(await channelsOf(await signUp(null))).toEqual([]);
    });

    it('cannot be removed by its owner', async () => {
      const user = await createUser(opened().database, 'stays@example.org');
      await opened().userDatabase.asUser(claimsOf(user), (transaction) =>
        transaction.deleteFrom('notification_channels').where('user_id', '=', user.id).execute(),
      );
      expect(await channelsOf(user.id)).toEqual([mail('stays@example.org', 'verified')]);
    });
  });
});
