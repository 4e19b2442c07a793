import { Body, Controller, Inject, Param, type StreamableFile, UseGuards } from '@nestjs/common';
import {
  type ChannelRef,
  type ChannelTest,
  type ChannelVerification,
  type DeliverBatch,
  type GiveUpRequest,
  type MessageTemplates,
  NOTIFICATIONS_API,
  type NotificationsApi,
  notificationsContract,
  type NotifyRequest,
  type NotifyResponse,
  type PreviewTemplate,
  type ProviderEvents,
  type Replay,
  type ReplayRequest,
  type SigningKeys,
  type TemplateKind,
  type UserRef,
  type VerifyChannel,
  type WebPushKey,
} from '@torale/contracts';
import { Handle, ndjson, ServiceTokenGuard } from '@torale/service-host';

const {
  notify,
  deliverBatch,
  giveUp,
  replay,
  signingKeys,
  startVerification,
  confirmVerification,
  testChannel,
  webPushKey,
  replan,
  templateGuide,
  checkTemplates,
  previewTemplate,
  recordSendGridEvents,
} = notificationsContract.endpoints;

@Controller()
@UseGuards(ServiceTokenGuard)
export class NotificationsController {
  constructor(@Inject(NOTIFICATIONS_API) private readonly notifications: NotificationsApi) {}

  @Handle(notify)
  notify(@Body({ schema: notify.body }) request: NotifyRequest): Promise<NotifyResponse> {
    return this.notifications.notify(request);
  }

  @Handle(replan)
  replan(@Body({ schema: replan.body }) user: UserRef) {
    return this.notifications.replan(user);
  }

  @Handle(deliverBatch)
  deliverBatch(@Body({ schema: deliverBatch.body }) batch: DeliverBatch): StreamableFile {
    return ndjson(this.notifications.deliverBatch(batch));
  }

  @Handle(giveUp)
  giveUp(@Body({ schema: giveUp.body }) request: GiveUpRequest) {
    return this.notifications.giveUp(request);
  }

  @Handle(replay)
  replay(@Body({ schema: replay.body }) request: ReplayRequest): Promise<Replay> {
    return this.notifications.replay(request);
  }

  @Handle(signingKeys)
  signingKeys(): Promise<SigningKeys> {
    return this.notifications.signingKeys(undefined);
  }

  @Handle(startVerification)
  startVerification(
    @Body({ schema: startVerification.body }) channel: ChannelRef,
  ): Promise<ChannelVerification> {
    return this.notifications.startVerification(channel);
  }

  @Handle(confirmVerification)
  confirmVerification(
    @Body({ schema: confirmVerification.body }) request: ChannelRef & VerifyChannel,
  ): Promise<ChannelVerification> {
    return this.notifications.confirmVerification(request);
  }

  @Handle(testChannel)
  testChannel(@Body({ schema: testChannel.body }) channel: ChannelRef): Promise<ChannelTest> {
    return this.notifications.testChannel(channel);
  }

  @Handle(templateGuide)
  templateGuide(@Param({ schema: templateGuide.params }) request: { kind: TemplateKind }) {
    return this.notifications.templateGuide(request);
  }

  @Handle(checkTemplates)
  checkTemplates(@Body({ schema: checkTemplates.body }) templates: MessageTemplates) {
    return this.notifications.checkTemplates(templates);
  }

  @Handle(previewTemplate)
  previewTemplate(@Body({ schema: previewTemplate.body }) request: PreviewTemplate & UserRef) {
    return this.notifications.previewTemplate(request);
  }

  @Handle(recordSendGridEvents)
  recordSendGridEvents(@Body({ schema: recordSendGridEvents.body }) request: ProviderEvents) {
    return this.notifications.recordSendGridEvents(request);
  }

  @Handle(webPushKey)
  webPushKey(): Promise<WebPushKey> {
    return this.notifications.webPushKey(undefined);
  }
}
