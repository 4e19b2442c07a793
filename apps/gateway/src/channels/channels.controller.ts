import { Body, Inject, Param, Query } from '@nestjs/common';
import {
  type ChannelTest,
  type ChannelVerification,
  type CreateChannel,
  type CreatedChannel,
  gatewayContract,
  type NotificationChannel,
  type Page,
  type PageQuery,
  type RotateChannelSecret,
  type RotatedChannelSecret,
  type UpdateChannel,
  type VerifyChannel,
  type WebPushKey,
} from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { type Caller, CurrentCaller } from '../auth/caller.ts';
import { UserController } from '../user-controller.ts';
import { ChannelsService } from './channels.service.ts';

const {
  createChannel,
  listChannels,
  getChannel,
  updateChannel,
  deleteChannel,
  sendChannelCode,
  verifyChannel,
  testChannel,
  rotateChannelSecret,
  getWebPushKey,
} = gatewayContract.endpoints;

@UserController()
export class ChannelsController {
  constructor(@Inject(ChannelsService) private readonly channels: ChannelsService) {}

  @Handle(createChannel)
  create(
    @CurrentCaller() caller: Caller,
    @Body({ schema: createChannel.body }) body: CreateChannel,
  ): Promise<CreatedChannel> {
    return this.channels.create(caller, body);
  }

  @Handle(listChannels)
  list(
    @CurrentCaller() caller: Caller,
    @Query({ schema: listChannels.query }) page: PageQuery,
  ): Promise<Page<NotificationChannel>> {
    return this.channels.list(caller, page);
  }

  @Handle(getChannel)
  get(
    @CurrentCaller() caller: Caller,
    @Param({ schema: getChannel.params }) { id }: { id: string },
  ): Promise<NotificationChannel> {
    return this.channels.get(caller, id);
  }

  @Handle(updateChannel)
  update(
    @CurrentCaller() caller: Caller,
    @Param({ schema: updateChannel.params }) { id }: { id: string },
    @Body({ schema: updateChannel.body }) body: UpdateChannel,
  ): Promise<NotificationChannel> {
    return this.channels.update(caller, id, body);
  }

  @Handle(deleteChannel)
  delete(
    @CurrentCaller() caller: Caller,
    @Param({ schema: deleteChannel.params }) { id }: { id: string },
  ): Promise<void> {
    return this.channels.delete(caller, id);
  }

  @Handle(sendChannelCode)
  sendCode(
    @CurrentCaller() caller: Caller,
    @Param({ schema: sendChannelCode.params }) { id }: { id: string },
  ): Promise<ChannelVerification> {
    return this.channels.sendCode(caller, id);
  }

  @Handle(verifyChannel)
  verify(
    @CurrentCaller() caller: Caller,
    @Param({ schema: verifyChannel.params }) { id }: { id: string },
    @Body({ schema: verifyChannel.body }) { code }: VerifyChannel,
  ): Promise<NotificationChannel> {
    return this.channels.verify(caller, id, code);
  }

  @Handle(testChannel)
  test(
    @CurrentCaller() caller: Caller,
    @Param({ schema: testChannel.params }) { id }: { id: string },
  ): Promise<ChannelTest> {
    return this.channels.test(caller, id);
  }

  @Handle(rotateChannelSecret)
  rotateSecret(
    @CurrentCaller() caller: Caller,
    @Param({ schema: rotateChannelSecret.params }) { id }: { id: string },
    @Body({ schema: rotateChannelSecret.body }) body: RotateChannelSecret,
  ): Promise<RotatedChannelSecret> {
    return this.channels.rotateSecret(caller, id, body);
  }

  @Handle(getWebPushKey)
  webPushKey(): Promise<WebPushKey> {
    return this.channels.webPushKey();
  }
}
