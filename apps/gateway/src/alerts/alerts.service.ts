import { Inject, Injectable } from '@nestjs/common';
import type { ChangeAlert, Page, PageQuery } from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import type { Caller } from '../auth/caller.ts';
import { found } from '../found.ts';
import { acknowledgeAlert, type AlertFilter, findAlert, listAlerts } from './alerts.repository.ts';

const noAlert = 'There is no such alert';

@Injectable()
export class AlertsService {
  constructor(@Inject(USER_DATABASE) private readonly database: UserDatabase) {}

  list(caller: Caller, page: PageQuery & AlertFilter): Promise<Page<ChangeAlert>> {
    return this.database.asUser(caller.claims, (transaction) => listAlerts(transaction, page));
  }

  async get(caller: Caller, id: string): Promise<ChangeAlert> {
    return found(
      await this.database.asUser(caller.claims, (transaction) => findAlert(transaction, id)),
      noAlert,
    );
  }

  async acknowledge(caller: Caller, id: string): Promise<ChangeAlert> {
    return found(
      await this.database.asUser(caller.claims, (transaction) => acknowledgeAlert(transaction, id)),
      noAlert,
    );
  }
}
