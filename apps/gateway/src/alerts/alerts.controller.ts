import { Body, Inject, Param, Query } from '@nestjs/common';
import {
  type AlertFeedback,
  type ChangeAlert,
  type ExplainedAlert,
  gatewayContract,
  type GiveFeedback,
  type Page,
  type PageQuery,
} from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { type Caller, CurrentCaller } from '../auth/caller.ts';
import { UserController } from '../user-controller.ts';
import type { AlertFilter } from './alerts.repository.ts';
import { AlertsService } from './alerts.service.ts';

const { listAlerts, getAlert, acknowledgeAlert, giveAlertFeedback, undoAlertFeedback } =
  gatewayContract.endpoints;

@UserController()
export class AlertsController {
  constructor(@Inject(AlertsService) private readonly alerts: AlertsService) {}

  @Handle(listAlerts)
  list(
    @CurrentCaller() caller: Caller,
    @Query({ schema: listAlerts.query }) query: PageQuery & AlertFilter,
  ): Promise<Page<ChangeAlert>> {
    return this.alerts.list(caller, query);
  }

  @Handle(getAlert)
  get(
    @CurrentCaller() caller: Caller,
    @Param({ schema: getAlert.params }) { id }: { id: string },
  ): Promise<ExplainedAlert> {
    return this.alerts.get(caller, id);
  }

  @Handle(acknowledgeAlert)
  acknowledge(
    @CurrentCaller() caller: Caller,
    @Param({ schema: acknowledgeAlert.params }) { id }: { id: string },
  ): Promise<ChangeAlert> {
    return this.alerts.acknowledge(caller, id);
  }

  @Handle(giveAlertFeedback)
  giveFeedback(
    @CurrentCaller() caller: Caller,
    @Param({ schema: giveAlertFeedback.params }) { id }: { id: string },
    @Body({ schema: giveAlertFeedback.body }) feedback: GiveFeedback,
  ): Promise<AlertFeedback> {
    return this.alerts.giveFeedback(caller, id, feedback);
  }

  @Handle(undoAlertFeedback)
  undoFeedback(
    @CurrentCaller() caller: Caller,
    @Param({ schema: undoAlertFeedback.params }) { id }: { id: string },
  ): Promise<void> {
    return this.alerts.undoFeedback(caller, id);
  }
}
