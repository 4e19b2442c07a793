import { Body, Controller, Inject, UseGuards } from '@nestjs/common';
import {
  DISCOVERY_API,
  type DiscoverRequest,
  type DiscoverResponse,
  type DiscoveryApi,
  discoveryContract,
} from '@torale/contracts';
import { Handle, ServiceTokenGuard } from '@torale/service-host';

const { discover } = discoveryContract.endpoints;

@Controller()
@UseGuards(ServiceTokenGuard)
export class DiscoveryController {
  constructor(@Inject(DISCOVERY_API) private readonly discovery: DiscoveryApi) {}

  @Handle(discover)
  discover(@Body({ schema: discover.body }) request: DiscoverRequest): Promise<DiscoverResponse> {
    return this.discovery.discover(request);
  }
}
