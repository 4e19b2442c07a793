import { Body, Controller, Inject, UseGuards } from '@nestjs/common';
import {
  type DeliverRequest,
  type DeliverResponse,
  NOTIFICATIONS_API,
  type NotificationsApi,
  notificationsContract,
  type NotifyRequest,
  type NotifyResponse,
} from '@torale/contracts';
import { Handle, ServiceTokenGuard } from '@torale/service-host';

const { notify, deliver } = notificationsContract.endpoints;

@Controller()
@UseGuards(ServiceTokenGuard)
export class NotificationsController {
  constructor(@Inject(NOTIFICATIONS_API) private readonly notifications: NotificationsApi) {}

  @Handle(notify)
  notify(@Body({ schema: notify.body }) request: NotifyRequest): Promise<NotifyResponse> {
    return this.notifications.notify(request);
  }

  @Handle(deliver)
  deliver(@Body({ schema: deliver.body }) request: DeliverRequest): Promise<DeliverResponse> {
    return this.notifications.deliver(request);
  }
}
