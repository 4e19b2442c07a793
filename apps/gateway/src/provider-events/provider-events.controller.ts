import { Body, Controller, Headers, Inject } from '@nestjs/common';
import { gatewayContract, NOTIFICATIONS_API, type NotificationsApi } from '@torale/contracts';
import { Handle } from '@torale/service-host';

const { receiveSendGridEvents } = gatewayContract.endpoints;

/** What mail providers say, to whom their signature is the only credential. */
@Controller()
export class ProviderEventsController {
  constructor(@Inject(NOTIFICATIONS_API) private readonly notifications: NotificationsApi) {}

  @Handle(receiveSendGridEvents)
  receiveSendGridEvents(
    @Body({ schema: receiveSendGridEvents.body }) body: string | undefined,
    @Headers('x-twilio-email-event-webhook-signature') signature: string | undefined,
    @Headers('x-twilio-email-event-webhook-timestamp') timestamp: string | undefined,
  ): Promise<{ recorded: number }> {
    return this.notifications.recordSendGridEvents({
      body: body ?? '',
      signature: signature ?? null,
      timestamp: timestamp ?? null,
    });
  }
}
