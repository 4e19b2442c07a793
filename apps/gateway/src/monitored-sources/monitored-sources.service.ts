import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  type CreateMonitoredSource,
  type MonitoredSource,
  type Page,
  type PageQuery,
  type SourceSettings,
  type UpdateMonitoredSource,
} from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import { OUTBOUND_HTTP, type OutboundHttp } from '@torale/outbound-http';
import { SEALER, type Sealer } from '@torale/secrets';
import type { Caller } from '../auth/caller.ts';
import { requestCheck } from '../checks/checks.repository.ts';
import { assertFetchable } from '../fetchable-url.ts';
import { found } from '../found.ts';
import { timingOf } from '../user-queries/timing.ts';
import { lockUserQuery } from '../user-queries/user-queries.repository.ts';
import {
  deleteSource,
  findSource,
  insertSources,
  listSources,
  updateSource,
} from './monitored-sources.repository.ts';
import { storeSettings, type StoredSettings } from './source-settings.ts';

const noSource = 'There is no such source';

@Injectable()
export class MonitoredSourcesService {
  constructor(
    @Inject(USER_DATABASE) private readonly database: UserDatabase,
    @Inject(OUTBOUND_HTTP) private readonly outbound: OutboundHttp,
    @Inject(SEALER) private readonly sealer: Sealer,
  ) {}

  /** Adds a source and, where the query is active, queues its first check. */
  async create(
    caller: Caller,
    { user_query_id, url, kind, title, ...chosen }: CreateMonitoredSource,
  ): Promise<MonitoredSource> {
    await assertFetchable(this.outbound, url);
    const settings = await this.storable(caller, chosen);
    return this.database.asUser(caller.claims, async (transaction) => {
      const query = found(await lockUserQuery(transaction, user_query_id), 'There is no such user query');
      const added = { url, kind, title: title ?? null, origin: 'manual', reason: null, settings } as const;
      const [created] = await insertSources(transaction, user_query_id, [added], timingOf(query));
      if (!created) throw new AppError('conflict', 'The user query already watches this URL');
      if (query.status === 'active') await requestCheck(transaction, created.id, 'initial');
      return created;
    });
  }

  list(
    caller: Caller,
    page: PageQuery & { user_query_id?: string | undefined },
  ): Promise<Page<MonitoredSource>> {
    return this.database.asUser(caller.claims, (transaction) => listSources(transaction, page));
  }

  async get(caller: Caller, id: string): Promise<MonitoredSource> {
    return found(
      await this.database.asUser(caller.claims, (transaction) => findSource(transaction, id)),
      noSource,
    );
  }

  async update(
    caller: Caller,
    id: string,
    { status, title, ...chosen }: UpdateMonitoredSource,
  ): Promise<MonitoredSource> {
    const settings = await this.storable(caller, chosen);
    return found(
      await this.database.asUser(caller.claims, (transaction) =>
        updateSource(transaction, id, { status, title }, settings),
      ),
      noSource,
    );
  }

  async delete(caller: Caller, id: string): Promise<void> {
    found(
      await this.database.asUser(caller.claims, (transaction) => deleteSource(transaction, id)),
      noSource,
    );
  }

  private async storable(caller: Caller, settings: SourceSettings): Promise<StoredSettings> {
    const proxy = settings.request?.proxy;
    if (proxy !== undefined) await assertFetchable(this.outbound, addressOf(proxy), 'request.proxy');
    return storeSettings(settings, this.sealer, caller.claims.sub);
  }
}

/** Where a proxy is, as a URL that the outbound door knows how to judge. */
function addressOf(proxy: string): string {
  const url = new URL(proxy.replace(/^\w+:/, 'http:'));
  return `http://${url.host}/`;
}
