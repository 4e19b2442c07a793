import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  type DeliverBatch,
  type DeliverRequest,
  type DeliverResponse,
  type GiveUpRequest,
  type ChannelRef,
  type NotificationsApi,
  type NotifyRequest,
  type ReplayRequest,
  type VerifyChannel,
} from '@torale/contracts';
import { DelivererService } from './deliveries/deliverer.service.ts';
import { ReplayService } from './deliveries/replay.service.ts';
import { NotifierService } from './planning/notifier.service.ts';
import { WEBHOOK_SIGNING_KEYS, type WebhookSigningKeys } from './signatures/webhook-signing-keys.ts';
import { VerificationService } from './verification/verification.service.ts';
import { VAPID_KEYS, type VapidKeys } from './web-push/vapid-keys.ts';

@Injectable()
export class NotificationsService implements Pick<
  NotificationsApi,
  | 'notify'
  | 'deliver'
  | 'deliverBatch'
  | 'giveUp'
  | 'replay'
  | 'signingKeys'
  | 'startVerification'
  | 'confirmVerification'
  | 'testChannel'
  | 'webPushKey'
> {
  constructor(
    @Inject(NotifierService) private readonly notifier: NotifierService,
    @Inject(DelivererService) private readonly deliverer: DelivererService,
    @Inject(ReplayService) private readonly replayer: ReplayService,
    @Inject(VerificationService) private readonly verification: VerificationService,
    @Inject(VAPID_KEYS) private readonly vapid: VapidKeys | null,
    @Inject(WEBHOOK_SIGNING_KEYS) private readonly signing: WebhookSigningKeys,
  ) {}

  notify(about: NotifyRequest) {
    return this.notifier.notify(about);
  }

  async deliver({ delivery_id }: DeliverRequest): Promise<DeliverResponse> {
    for await (const { status, retry, detail } of this.deliverBatch({ delivery_ids: [delivery_id] })) {
      if (status) return { status, retry, detail };
    }
    throw new AppError('not_found', 'There is no such delivery.');
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

  async webPushKey() {
    return { public_key: this.vapid?.publicKey ?? null };
  }

  async signingKeys() {
    return this.signing.published;
  }
}
