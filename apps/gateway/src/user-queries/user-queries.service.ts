import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  AppError,
  CHANGE_DETECTOR_API,
  type ChangeDetectorApi,
  type CreateUserQuery,
  DISCOVERY_API,
  type DiscoveryApi,
  type Page,
  type PageQuery,
  type Reading,
  type UpdateUserQuery,
  type UserQuery,
  type UserQueryStatus,
  type UserQueryWithSources,
} from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import { dueCheck, nextCheck, scheduleOf } from '@torale/schedule';
import type { Caller } from '../auth/caller.ts';
import { assertOwnChannels } from '../channels/own-channels.ts';
import { requestCheck } from '../checks/checks.repository.ts';
import { found } from '../found.ts';
import { gatewayConfig, type GatewayConfig } from '../gateway.config.ts';
import {
  insertSources,
  rescheduleSources,
  sourcesOfQuery,
} from '../monitored-sources/monitored-sources.repository.ts';
import { changedTiming, timingOf } from './timing.ts';
import {
  deleteUserQuery,
  findUserQuery,
  insertUserQuery,
  listUserQueries,
  lockUserQuery,
  updateUserQuery,
} from './user-queries.repository.ts';

const noQuery = 'There is no such user query';

@Injectable()
export class UserQueriesService {
  readonly #logger = new Logger(UserQueriesService.name);

  constructor(
    @Inject(USER_DATABASE) private readonly database: UserDatabase,
    @Inject(DISCOVERY_API) private readonly discovery: DiscoveryApi,
    @Inject(CHANGE_DETECTOR_API) private readonly changeDetector: ChangeDetectorApi,
    @Inject(gatewayConfig.token) private readonly config: GatewayConfig,
  ) {}

  /**
   * Finds the sources of a sentence, stores both and queues the first checks. A condition of the user's own wins
   * over the one that discovery reads out of the sentence.
   */
  async create(
    caller: Caller,
    { condition, schedule, ...settings }: CreateUserQuery,
  ): Promise<UserQueryWithSources> {
    const { raw_query } = settings;
    const timing = changedTiming({ schedule, ...settings }, this.config.MIN_CHECK_INTERVAL_SECONDS);
    const discovered = await this.discovery.discover({ raw_query, condition: condition ?? null });
    const effective = condition ?? discovered.condition;
    const reading = await this.read(raw_query, effective);
    return this.database.asUser(caller.claims, async (transaction) => {
      await assertOwnChannels(transaction, settings.channel_ids);
      const query = await insertUserQuery(transaction, {
        ...settings,
        ...timing,
        condition: effective,
        reading,
        refined_query: discovered.refined_query,
      });
      const sources = await insertSources(transaction, query.id, discovered.sources, timing);
      for (const source of sources) await requestCheck(transaction, source.id, 'initial');
      return { ...query, sources };
    });
  }

  list(caller: Caller, page: PageQuery & { status?: UserQueryStatus | undefined }): Promise<Page<UserQuery>> {
    return this.database.asUser(caller.claims, (transaction) => listUserQueries(transaction, page));
  }

  get(caller: Caller, id: string): Promise<UserQueryWithSources> {
    return this.database.asUser(caller.claims, async (transaction) => ({
      ...found(await findUserQuery(transaction, id), noQuery),
      sources: await sourcesOfQuery(transaction, id),
    }));
  }

  /**
   * Changes a query. One that becomes active again, a completed one too, is due at once, or when its next window begins;
   * another time to check holds for all sources but those that are due already. Another sentence or condition holds from
   * the next check on, is read anew unless a reading comes with it, and does not look for other sources.
   */
  async update(
    caller: Caller,
    id: string,
    {
      schedule,
      time_zone,
      check_interval_seconds,
      check_windows,
      check_jitter_seconds,
      ...change
    }: UpdateUserQuery,
  ): Promise<UserQueryWithSources> {
    const asked = { schedule, time_zone, check_interval_seconds, check_windows, check_jitter_seconds };
    const { raw_query, condition } = change;
    const reread = !change.reading && [raw_query, condition, change.reading].some((it) => it !== undefined);
    const reading = reread ? await this.readChanged(caller, id, change) : null;
    return this.database.asUser(caller.claims, async (transaction) => {
      const before = found(await lockUserQuery(transaction, id), noQuery);
      await assertOwnChannels(transaction, change.channel_ids);
      const timing = changedTiming(asked, this.config.MIN_CHECK_INTERVAL_SECONDS, timingOf(before));
      const query = await updateUserQuery(transaction, id, {
        ...change,
        ...timing,
        ...(reread && { reading }),
      });
      const now = new Date();
      const planned = scheduleOf(timing);
      if (query.status === 'active' && before.status !== 'active') {
        await rescheduleSources(transaction, id, () => dueCheck(planned, now, Math.random).check_at);
      } else if (!isDeepStrictEqual(timing, timingOf(before))) {
        await rescheduleSources(
          transaction,
          id,
          (last) => nextCheck(planned, new Date(last), now, Math.random).check_at,
        );
      }
      return { ...query, sources: await sourcesOfQuery(transaction, id) };
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    found(
      await this.database.asUser(caller.claims, (transaction) => deleteUserQuery(transaction, id)),
      noQuery,
    );
  }

  private async readChanged(
    caller: Caller,
    id: string,
    { raw_query, condition }: UpdateUserQuery,
  ): Promise<Reading | null> {
    const query = found(
      await this.database.asUser(caller.claims, (transaction) => findUserQuery(transaction, id)),
      noQuery,
    );
    return this.read(raw_query ?? query.raw_query, condition === undefined ? query.condition : condition);
  }

  /** Null when the judge cannot be asked: then it reads the sentence itself, at the first check. */
  private async read(rawQuery: string, condition: string | null): Promise<Reading | null> {
    try {
      return (await this.changeDetector.read({ raw_query: rawQuery, condition })).reading;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#logger.warn({ err: error }, 'a sentence is filed unread');
      return null;
    }
  }
}
