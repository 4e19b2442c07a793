import { Body, Inject, Param, Query } from '@nestjs/common';
import {
  type ApiKey,
  type CreateApiKey,
  type CreatedApiKey,
  gatewayContract,
  type Page,
  type PageQuery,
} from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { type Caller, CurrentCaller } from '../auth/caller.ts';
import { UserController } from '../user-controller.ts';
import { ApiKeysService } from './api-keys.service.ts';

const { createApiKey, listApiKeys, deleteApiKey } = gatewayContract.endpoints;

@UserController()
export class ApiKeysController {
  constructor(@Inject(ApiKeysService) private readonly apiKeys: ApiKeysService) {}

  @Handle(createApiKey)
  create(
    @CurrentCaller() caller: Caller,
    @Body({ schema: createApiKey.body }) body: CreateApiKey,
  ): Promise<CreatedApiKey> {
    return this.apiKeys.create(caller, body);
  }

  @Handle(listApiKeys)
  list(
    @CurrentCaller() caller: Caller,
    @Query({ schema: listApiKeys.query }) page: PageQuery,
  ): Promise<Page<ApiKey>> {
    return this.apiKeys.list(caller, page);
  }

  @Handle(deleteApiKey)
  delete(
    @CurrentCaller() caller: Caller,
    @Param({ schema: deleteApiKey.params }) { id }: { id: string },
  ): Promise<void> {
    return this.apiKeys.delete(caller, id);
  }
}
