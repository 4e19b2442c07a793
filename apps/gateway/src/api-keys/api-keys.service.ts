import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  type ApiKey,
  AppError,
  type CreateApiKey,
  type CreatedApiKey,
  type Page,
  type PageQuery,
} from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import type { Caller } from '../auth/caller.ts';
import { found } from '../found.ts';
import { deleteApiKey, insertApiKey, listApiKeys, ownerOfApiKey } from './api-keys.repository.ts';

const KEY_START = 'trl_';
const SHOWN_CHARACTERS = 12;

/** 256 random bits need no salt and no slow hash. */
const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');

@Injectable()
export class ApiKeysService {
  constructor(@Inject(USER_DATABASE) private readonly database: UserDatabase) {}

  isApiKey(credential: string): boolean {
    return credential.startsWith(KEY_START);
  }

  /** The id of the key's owner; rejects with `unauthenticated`. */
  async authenticate(key: string): Promise<string> {
    const owner = await this.database.asAnonymous((transaction) => ownerOfApiKey(transaction, hashOf(key)));
    if (owner === null) {
      throw new AppError('unauthenticated', 'The API key is unknown, expired or revoked');
    }
    return owner;
  }

  /** Only for who signed in: a key that leaked must not be able to make itself successors. */
  async create(caller: Caller, { name, expires_at }: CreateApiKey): Promise<CreatedApiKey> {
    if (caller.via === 'api_key') {
      throw new AppError('forbidden', 'An API key cannot make API keys; sign in to make one');
    }
    if (expires_at !== undefined && Date.parse(expires_at) <= Date.now()) {
      const message = 'must be in the future';
      throw new AppError('invalid_request', `expires_at: ${message}`, {
        errors: [{ path: 'expires_at', message }],
      });
    }
    const key = KEY_START + randomBytes(32).toString('base64url');
    const created = await this.database.asUser(caller.claims, (transaction) =>
      insertApiKey(transaction, {
        name,
        prefix: key.slice(0, SHOWN_CHARACTERS),
        key_hash: hashOf(key),
        expires_at: expires_at ?? null,
      }),
    );
    return { ...created, key };
  }

  list(caller: Caller, page: PageQuery): Promise<Page<ApiKey>> {
    return this.database.asUser(caller.claims, (transaction) => listApiKeys(transaction, page));
  }

  async delete(caller: Caller, id: string): Promise<void> {
    found(
      await this.database.asUser(caller.claims, (transaction) => deleteApiKey(transaction, id)),
      'There is no such API key',
    );
  }
}
