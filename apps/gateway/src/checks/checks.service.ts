import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AppError, type Check, type CheckRecord, type Page, type PageQuery } from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import type { Caller } from '../auth/caller.ts';
import { found } from '../found.ts';
import { gatewayConfig, type GatewayConfig } from '../gateway.config.ts';
import { checkRecordOf } from './check-record.ts';
import { findCheck, findCheckTrail, listChecks, requestCheck, watchOf } from './checks.repository.ts';

const POLL_MS = 200;
const noSource = 'There is no such source';
const noCheck = 'There is no such check';

@Injectable()
export class ChecksService implements OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly waitMs: number;

  constructor(
    @Inject(USER_DATABASE) private readonly database: UserDatabase,
    @Inject(gatewayConfig.token) config: GatewayConfig,
  ) {
    this.waitMs = config.CHECK_WAIT_SECONDS * 1000;
  }

  /** Waiting requests answer at once, so that they do not hold up a shutdown. */
  onModuleDestroy(): void {
    this.stopping.abort();
  }

  /**
   * Checks a source now, or joins the check that is already under way. Gives the finished check, or after
   * CHECK_WAIT_SECONDS the one that is still queued or running.
   */
  async checkNow(caller: Caller, sourceId: string): Promise<Check> {
    const checkId = await this.database.asUser(caller.claims, async (transaction) => {
      const watch = found(await watchOf(transaction, sourceId), noSource);
      if (watch.query_status !== 'active') {
        throw new AppError('query_not_active', `The user query is ${watch.query_status}`);
      }
      if (watch.source_status !== 'active') {
        throw new AppError('query_not_active', `The source is ${watch.source_status}`);
      }
      return found(await requestCheck(transaction, sourceId, 'manual'), noSource);
    });
    const until = Date.now() + this.waitMs;
    for (;;) {
      const check = found(
        await this.database.asUser(caller.claims, (transaction) => findCheck(transaction, sourceId, checkId)),
        noCheck,
      );
      if (isFinished(check) || this.stopping.signal.aborted || Date.now() >= until) return check;
      await this.pause();
    }
  }

  list(caller: Caller, sourceId: string, page: PageQuery): Promise<Page<Check>> {
    return this.database.asUser(caller.claims, async (transaction) => {
      found(await watchOf(transaction, sourceId), noSource);
      return listChecks(transaction, sourceId, page);
    });
  }

  async get(caller: Caller, sourceId: string, checkId: string): Promise<CheckRecord> {
    const trail = await this.database.asUser(caller.claims, (transaction) =>
      findCheckTrail(transaction, sourceId, checkId),
    );
    return checkRecordOf(found(trail, noCheck));
  }

  private async pause(): Promise<void> {
    const { signal } = this.stopping;
    await delay(POLL_MS, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

export const isFinished = ({ status }: Check): boolean => status !== 'queued' && status !== 'running';
