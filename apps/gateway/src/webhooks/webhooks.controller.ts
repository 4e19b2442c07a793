import { Body, Inject, Param, Query } from '@nestjs/common';
import {
  type CreatedWebhookEndpoint,
  type CreateWebhookEndpoint,
  gatewayContract,
  type Page,
  type PageQuery,
  type WebhookEndpoint,
} from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { type Caller, CurrentCaller } from '../auth/caller.ts';
import { UserController } from '../user-controller.ts';
import { WebhooksService } from './webhooks.service.ts';

const { createWebhook, listWebhooks, deleteWebhook } = gatewayContract.endpoints;

@UserController()
export class WebhooksController {
  constructor(@Inject(WebhooksService) private readonly webhooks: WebhooksService) {}

  @Handle(createWebhook)
  create(
    @CurrentCaller() caller: Caller,
    @Body({ schema: createWebhook.body }) body: CreateWebhookEndpoint,
  ): Promise<CreatedWebhookEndpoint> {
    return this.webhooks.create(caller, body);
  }

  @Handle(listWebhooks)
  list(
    @CurrentCaller() caller: Caller,
    @Query({ schema: listWebhooks.query }) page: PageQuery,
  ): Promise<Page<WebhookEndpoint>> {
    return this.webhooks.list(caller, page);
  }

  @Handle(deleteWebhook)
  delete(
    @CurrentCaller() caller: Caller,
    @Param({ schema: deleteWebhook.params }) { id }: { id: string },
  ): Promise<void> {
    return this.webhooks.delete(caller, id);
  }
}
