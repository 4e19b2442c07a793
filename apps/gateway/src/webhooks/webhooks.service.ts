import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  type CreatedWebhookEndpoint,
  type CreateWebhookEndpoint,
  type Page,
  type PageQuery,
  type WebhookEndpoint,
} from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import { OUTBOUND_HTTP, type OutboundHttp } from '@torale/outbound-http';
import type { Caller } from '../auth/caller.ts';
import { assertFetchable } from '../fetchable-url.ts';
import { found } from '../found.ts';
import { deleteWebhook, insertWebhook, listWebhooks } from './webhooks.repository.ts';

/** Standard Webhooks asks for 24 to 64 random bytes. */
const SECRET_BYTES = 32;

@Injectable()
export class WebhooksService {
  constructor(
    @Inject(USER_DATABASE) private readonly database: UserDatabase,
    @Inject(OUTBOUND_HTTP) private readonly outbound: OutboundHttp,
  ) {}

  async create(caller: Caller, { url, description }: CreateWebhookEndpoint): Promise<CreatedWebhookEndpoint> {
    await assertFetchable(this.outbound, url);
    const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
    const created = await this.database.asUser(caller.claims, (transaction) =>
      insertWebhook(transaction, { url, description: description ?? null, secret }),
    );
    if (!created) throw new AppError('conflict', 'This URL is already registered');
    return { ...created, secret };
  }

  list(caller: Caller, page: PageQuery): Promise<Page<WebhookEndpoint>> {
    return this.database.asUser(caller.claims, (transaction) => listWebhooks(transaction, page));
  }

  async delete(caller: Caller, id: string): Promise<void> {
    found(
      await this.database.asUser(caller.claims, (transaction) => deleteWebhook(transaction, id)),
      'There is no such webhook',
    );
  }
}
