import { randomBytes, randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { sql } from 'kysely';
import type { AuthSchema, UserRow } from './auth-schema.ts';

/** Where a sign-in came from. */
export interface SignInOrigin {
  ip: string | null;
  user_agent: string | null;
}

export interface Session {
  user: UserRow;
  session_id: string;
  /** When the password was given, ISO 8601. */
  signed_in_at: string;
  refresh_token: string;
}

const authTables = (transaction: Transaction) => transaction.$extendTables<AuthSchema>();

@Injectable()
export class SupabaseAuthRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  private get kysely() {
    return this.database.kysely.$extendTables<AuthSchema>();
  }

  /** The id of the new, confirmed user; null when the address is taken. */
  async createUser(email: string, passwordHash: string, data: object): Promise<string | null> {
    const id = randomUUID();
    const metadata = { ...data, sub: id, email, email_verified: true, phone_verified: false };
    const created = await this.kysely
      .insertInto('auth.users')
      .values({
        id,
        email,
        encrypted_password: passwordHash,
        email_confirmed_at: new Date(),
        raw_user_meta_data: JSON.stringify(metadata),
      })
      .onConflict((conflict) => conflict.expression(sql`lower(email)`).doNothing())
      .returning('id')
      .executeTakeFirst();
    return created?.id ?? null;
  }

  /** `email` in lower case. */
  async findUserByEmail(email: string): Promise<UserRow | undefined> {
    return this.kysely
      .selectFrom('auth.users')
      .selectAll()
      .where(sql`lower(email)`, '=', email)
      .executeTakeFirst();
  }

  /** Undefined when the session ended or its user is gone. */
  async findUserOfSession(userId: string, sessionId: string): Promise<UserRow | undefined> {
    return this.kysely
      .selectFrom('auth.sessions')
      .innerJoin('auth.users', 'auth.users.id', 'auth.sessions.user_id')
      .selectAll('auth.users')
      .where('auth.sessions.id', '=', sessionId)
      .where('auth.users.id', '=', userId)
      .executeTakeFirst();
  }

  async updateUser(
    userId: string,
    change: { passwordHash?: string | undefined; data?: object | undefined },
  ): Promise<UserRow> {
    return this.kysely
      .updateTable('auth.users')
      .set({ updated_at: sql`now()` })
      .$if(change.passwordHash !== undefined, (update) =>
        update.set({ encrypted_password: change.passwordHash! }),
      )
      .$if(change.data !== undefined, (update) =>
        update.set({
          raw_user_meta_data: sql`raw_user_meta_data || ${JSON.stringify(change.data)}::jsonb`,
        }),
      )
      .where('id', '=', userId)
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  async startSession(userId: string, origin: SignInOrigin): Promise<Session> {
    return this.database.transaction(async (transaction) => {
      const tables = authTables(transaction);
      const user = await tables
        .updateTable('auth.users')
        .set({ last_sign_in_at: sql`now()`, updated_at: sql`now()` })
        .where('id', '=', userId)
        .returningAll()
        .executeTakeFirstOrThrow();
      const session = await tables
        .insertInto('auth.sessions')
        .values({ id: randomUUID(), user_id: userId, ...origin })
        .returning(['id', 'created_at'])
        .executeTakeFirstOrThrow();
      const refresh_token = await insertRefreshToken(transaction, userId, session.id, null);
      return { user, session_id: session.id, signed_in_at: session.created_at, refresh_token };
    });
  }

  /**
   * Trades a refresh token for the next one. A token that was traded less than `reuseSeconds` ago gives the one
   * that is valid now (two tabs, a lost answer); later it is taken for stolen and ends the session.
   */
  async rotate(token: string, reuseSeconds: number): Promise<Session | 'not_found' | 'already_used'> {
    return this.database.transaction(async (transaction) => {
      const tables = authTables(transaction);
      const owner = await tables
        .selectFrom('auth.refresh_tokens')
        .innerJoin('auth.sessions as session', 'session.id', 'auth.refresh_tokens.session_id')
        .select(['session.id', 'session.created_at', 'session.user_id'])
        .where('token', '=', token)
        .forUpdate('session')
        .executeTakeFirst();
      if (!owner) return 'not_found';

      // Read only now: a rotation that held the lock on the session may have changed it.
      const presented = await tables
        .selectFrom('auth.refresh_tokens')
        .select([
          'revoked',
          sql<boolean>`updated_at > now() - make_interval(secs => ${reuseSeconds})`.as('recent'),
        ])
        .where('token', '=', token)
        .executeTakeFirst();
      if (!presented) return 'not_found';

      let refresh_token: string;
      if (!presented.revoked) {
        await tables
          .updateTable('auth.refresh_tokens')
          .set({ revoked: true, updated_at: sql`now()` })
          .where('token', '=', token)
          .execute();
        refresh_token = await insertRefreshToken(transaction, owner.user_id, owner.id, token);
      } else {
        const active = await tables
          .selectFrom('auth.refresh_tokens')
          .select('token')
          .where('session_id', '=', owner.id)
          .where('revoked', '=', false)
          .executeTakeFirst();
        if (!presented.recent || !active) {
          await tables.deleteFrom('auth.sessions').where('id', '=', owner.id).execute();
          return 'already_used';
        }
        refresh_token = active.token;
      }
      const user = await tables
        .selectFrom('auth.users')
        .selectAll()
        .where('id', '=', owner.user_id)
        .executeTakeFirstOrThrow();
      return { user, session_id: owner.id, signed_in_at: owner.created_at, refresh_token };
    });
  }

  async endSessions(userId: string, which: { only: string } | { except: string } | 'all'): Promise<void> {
    let sessions = this.kysely.deleteFrom('auth.sessions').where('user_id', '=', userId);
    if (which !== 'all') {
      sessions =
        'only' in which ? sessions.where('id', '=', which.only) : sessions.where('id', '!=', which.except);
    }
    await sessions.execute();
  }
}

async function insertRefreshToken(
  transaction: Transaction,
  userId: string,
  sessionId: string,
  parent: string | null,
): Promise<string> {
  const token = randomBytes(24).toString('base64url');
  await authTables(transaction)
    .insertInto('auth.refresh_tokens')
    .values({ token, user_id: userId, session_id: sessionId, parent })
    .execute();
  return token;
}
