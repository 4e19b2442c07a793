import { Inject, Injectable } from '@nestjs/common';
import type {
  AlertFeedback,
  ChangeAlert,
  ExplainedAlert,
  GiveFeedback,
  Page,
  PageQuery,
} from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import type { Caller } from '../auth/caller.ts';
import { found } from '../found.ts';
import {
  acknowledgeAlert,
  type AlertFilter,
  deleteFeedback,
  explanationOf,
  feedbackOn,
  findAlert,
  listAlerts,
  putFeedback,
} from './alerts.repository.ts';

const noAlert = 'There is no such alert';

@Injectable()
export class AlertsService {
  constructor(@Inject(USER_DATABASE) private readonly database: UserDatabase) {}

  list(caller: Caller, page: PageQuery & AlertFilter): Promise<Page<ChangeAlert>> {
    return this.database.asUser(caller.claims, (transaction) => listAlerts(transaction, page));
  }

  get(caller: Caller, id: string): Promise<ExplainedAlert> {
    return this.database.asUser(caller.claims, async (transaction) => ({
      ...found(await findAlert(transaction, id), noAlert),
      explanation: await explanationOf(transaction, id),
      feedback: (await feedbackOn(transaction, id)) ?? null,
    }));
  }

  /** Teaches the judge of the alert's source; the last word counts. */
  giveFeedback(caller: Caller, id: string, feedback: GiveFeedback): Promise<AlertFeedback> {
    return this.database.asUser(caller.claims, async (transaction) => {
      found(await findAlert(transaction, id), noAlert);
      return putFeedback(transaction, id, feedback);
    });
  }

  /** Again changes nothing. */
  undoFeedback(caller: Caller, id: string): Promise<void> {
    return this.database.asUser(caller.claims, async (transaction) => {
      found(await findAlert(transaction, id), noAlert);
      await deleteFeedback(transaction, id);
    });
  }

  async acknowledge(caller: Caller, id: string): Promise<ChangeAlert> {
    return found(
      await this.database.asUser(caller.claims, (transaction) => acknowledgeAlert(transaction, id)),
      noAlert,
    );
  }
}
