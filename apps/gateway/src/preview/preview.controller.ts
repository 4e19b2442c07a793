import { Body, Inject } from '@nestjs/common';
import { gatewayContract, type PreviewRequest, type PreviewResponse } from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { UserController } from '../user-controller.ts';
import { PreviewService } from './preview.service.ts';

const { preview } = gatewayContract.endpoints;

@UserController()
export class PreviewController {
  constructor(@Inject(PreviewService) private readonly previews: PreviewService) {}

  @Handle(preview)
  preview(@Body({ schema: preview.body }) request: PreviewRequest): Promise<PreviewResponse> {
    return this.previews.preview(request);
  }
}
