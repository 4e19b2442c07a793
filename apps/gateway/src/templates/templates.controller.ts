import { Body, Inject, Param } from '@nestjs/common';
import {
  gatewayContract,
  type MessageTemplates,
  type NotificationTemplates,
  type PreviewTemplate,
  type RenderedTemplate,
  type TemplateKind,
} from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { type Caller, CurrentCaller } from '../auth/caller.ts';
import { UserController } from '../user-controller.ts';
import { TemplatesService } from './templates.service.ts';

const { getTemplates, putTemplates, deleteTemplates, previewTemplate } = gatewayContract.endpoints;

@UserController()
export class TemplatesController {
  constructor(@Inject(TemplatesService) private readonly templates: TemplatesService) {}

  @Handle(getTemplates)
  get(
    @CurrentCaller() caller: Caller,
    @Param({ schema: getTemplates.params }) { kind }: { kind: TemplateKind },
  ): Promise<NotificationTemplates> {
    return this.templates.get(caller, kind);
  }

  @Handle(putTemplates)
  put(
    @CurrentCaller() caller: Caller,
    @Param({ schema: putTemplates.params }) { kind }: { kind: TemplateKind },
    @Body({ schema: putTemplates.body }) body: MessageTemplates,
  ): Promise<NotificationTemplates> {
    return this.templates.put(caller, kind, body);
  }

  @Handle(deleteTemplates)
  delete(
    @CurrentCaller() caller: Caller,
    @Param({ schema: deleteTemplates.params }) { kind }: { kind: TemplateKind },
  ): Promise<void> {
    return this.templates.delete(caller, kind);
  }

  @Handle(previewTemplate)
  preview(
    @CurrentCaller() caller: Caller,
    @Body({ schema: previewTemplate.body }) body: PreviewTemplate,
  ): Promise<RenderedTemplate> {
    return this.templates.preview(caller, body);
  }
}
