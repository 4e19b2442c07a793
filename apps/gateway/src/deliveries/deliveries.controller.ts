import { Body, Inject, Param, Query } from '@nestjs/common';
import {
  type Delivery,
  gatewayContract,
  type Page,
  type PageQuery,
  type Replay,
  type ReplayChannel,
} from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { type Caller, CurrentCaller } from '../auth/caller.ts';
import { UserController } from '../user-controller.ts';
import type { DeliveryFilter } from './deliveries.repository.ts';
import { DeliveriesService } from './deliveries.service.ts';

const { listDeliveries, getDelivery, replayDelivery, replayDeliveries } = gatewayContract.endpoints;

@UserController()
export class DeliveriesController {
  constructor(@Inject(DeliveriesService) private readonly deliveries: DeliveriesService) {}

  @Handle(listDeliveries)
  list(
    @CurrentCaller() caller: Caller,
    @Query({ schema: listDeliveries.query }) query: PageQuery & DeliveryFilter,
  ): Promise<Page<Delivery>> {
    return this.deliveries.list(caller, query);
  }

  @Handle(getDelivery)
  get(
    @CurrentCaller() caller: Caller,
    @Param({ schema: getDelivery.params }) { id }: { id: string },
  ): Promise<Delivery> {
    return this.deliveries.get(caller, id);
  }

  @Handle(replayDelivery)
  replay(
    @CurrentCaller() caller: Caller,
    @Param({ schema: replayDelivery.params }) { id }: { id: string },
  ): Promise<Replay> {
    return this.deliveries.replay(caller, id);
  }

  @Handle(replayDeliveries)
  replayChannel(
    @CurrentCaller() caller: Caller,
    @Body({ schema: replayDeliveries.body }) body: ReplayChannel,
  ): Promise<Replay> {
    return this.deliveries.replayChannel(caller, body);
  }
}
