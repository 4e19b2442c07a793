import { Inject, Injectable } from '@nestjs/common';
import {
  type DeliverBatch,
  type GiveUpRequest,
  type ChannelRef,
  type MessageTemplates,
  type NotificationsApi,
  type NotifyRequest,
  type PreviewTemplate,
  type ProviderEvents,
  type ReplayRequest,
  type TemplateKind,
  type UserRef,
  type VerifyChannel,
} from '@torale/contracts';
import { DelivererService } from './deliveries/deliverer.service.ts';
import { ReplayService } from './deliveries/replay.service.ts';
import { NotifierService } from './planning/notifier.service.ts';
import { WEBHOOK_SIGNING_KEYS, type WebhookSigningKeys } from './signatures/webhook-signing-keys.ts';
import { ProviderEventsService } from './provider-events/provider-events.service.ts';
import { TemplatesService } from './templates/templates.service.ts';
import { VerificationService } from './verification/verification.service.ts';
import { VAPID_KEYS, type VapidKeys } from './web-push/vapid-keys.ts';

@Injectable()
export class NotificationsService implements Pick<
  NotificationsApi,
  | 'notify'
  | 'replan'
  | 'deliverBatch'
  | 'giveUp'
  | 'replay'
  | 'signingKeys'
  | 'startVerification'
  | 'confirmVerification'
  | 'testChannel'
  | 'webPushKey'
  | 'templateGuide'
  | 'checkTemplates'
  | 'previewTemplate'
  | 'recordSendGridEvents'
> {
  constructor(
    @Inject(NotifierService) private readonly notifier: NotifierService,
    @Inject(DelivererService) private readonly deliverer: DelivererService,
    @Inject(ReplayService) private readonly replayer: ReplayService,
    @Inject(VerificationService) private readonly verification: VerificationService,
    @Inject(TemplatesService) private readonly templates: TemplatesService,
    @Inject(ProviderEventsService) private readonly providerEvents: ProviderEventsService,
    @Inject(VAPID_KEYS) private readonly vapid: VapidKeys | null,
    @Inject(WEBHOOK_SIGNING_KEYS) private readonly signing: WebhookSigningKeys,
  ) {}

  notify(about: NotifyRequest) {
    return this.notifier.notify(about);
  }

  replan(user: UserRef) {
    return this.notifier.replan(user);
  }

  deliverBatch(batch: DeliverBatch) {
    return this.deliverer.deliverBatch(batch);
  }

  giveUp(request: GiveUpRequest) {
    return this.deliverer.giveUp(request);
  }

  replay(request: ReplayRequest) {
    return this.replayer.replay(request);
  }

  startVerification(channel: ChannelRef) {
    return this.verification.start(channel);
  }

  confirmVerification(request: ChannelRef & VerifyChannel) {
    return this.verification.confirm(request);
  }

  testChannel(channel: ChannelRef) {
    return this.verification.test(channel);
  }

  templateGuide(request: { kind: TemplateKind }) {
    return this.templates.guide(request);
  }

  checkTemplates(templates: MessageTemplates) {
    return this.templates.check(templates);
  }

  previewTemplate(request: PreviewTemplate & UserRef) {
    return this.templates.preview(request);
  }

  recordSendGridEvents(request: ProviderEvents) {
    return this.providerEvents.recordSendGrid(request);
  }

  async webPushKey() {
    return { public_key: this.vapid?.publicKey ?? null };
  }

  async signingKeys() {
    return this.signing.published;
  }
}
