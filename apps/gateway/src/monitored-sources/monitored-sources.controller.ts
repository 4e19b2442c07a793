import { Body, Inject, Param, Query } from '@nestjs/common';
import {
  type CreateMonitoredSource,
  gatewayContract,
  type MonitoredSource,
  type Page,
  type PageQuery,
  type UpdateMonitoredSource,
} from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { type Caller, CurrentCaller } from '../auth/caller.ts';
import { UserController } from '../user-controller.ts';
import { MonitoredSourcesService } from './monitored-sources.service.ts';

const {
  createMonitoredSource,
  listMonitoredSources,
  getMonitoredSource,
  updateMonitoredSource,
  deleteMonitoredSource,
} = gatewayContract.endpoints;

@UserController()
export class MonitoredSourcesController {
  constructor(@Inject(MonitoredSourcesService) private readonly sources: MonitoredSourcesService) {}

  @Handle(createMonitoredSource)
  create(
    @CurrentCaller() caller: Caller,
    @Body({ schema: createMonitoredSource.body }) body: CreateMonitoredSource,
  ): Promise<MonitoredSource> {
    return this.sources.create(caller, body);
  }

  @Handle(listMonitoredSources)
  list(
    @CurrentCaller() caller: Caller,
    @Query({ schema: listMonitoredSources.query }) query: PageQuery & { user_query_id?: string },
  ): Promise<Page<MonitoredSource>> {
    return this.sources.list(caller, query);
  }

  @Handle(getMonitoredSource)
  get(
    @CurrentCaller() caller: Caller,
    @Param({ schema: getMonitoredSource.params }) { id }: { id: string },
  ): Promise<MonitoredSource> {
    return this.sources.get(caller, id);
  }

  @Handle(updateMonitoredSource)
  update(
    @CurrentCaller() caller: Caller,
    @Param({ schema: updateMonitoredSource.params }) { id }: { id: string },
    @Body({ schema: updateMonitoredSource.body }) body: UpdateMonitoredSource,
  ): Promise<MonitoredSource> {
    return this.sources.update(caller, id, body);
  }

  @Handle(deleteMonitoredSource)
  delete(
    @CurrentCaller() caller: Caller,
    @Param({ schema: deleteMonitoredSource.params }) { id }: { id: string },
  ): Promise<void> {
    return this.sources.delete(caller, id);
  }
}
