import { Body, Controller, Inject, UseGuards } from '@nestjs/common';
import {
  CONTENT_PROCESSOR_API,
  type ContentProcessorApi,
  contentProcessorContract,
  type ExtractRequest,
  type ExtractResponse,
  type ProcessRequest,
  type ProcessResponse,
} from '@torale/contracts';
import { Handle, ServiceTokenGuard } from '@torale/service-host';

const { extract, process } = contentProcessorContract.endpoints;

@Controller()
@UseGuards(ServiceTokenGuard)
export class ContentProcessorController {
  constructor(@Inject(CONTENT_PROCESSOR_API) private readonly contentProcessor: ContentProcessorApi) {}

  @Handle(process)
  process(@Body({ schema: process.body }) request: ProcessRequest): Promise<ProcessResponse> {
    return this.contentProcessor.process(request);
  }

  @Handle(extract)
  extract(@Body({ schema: extract.body }) request: ExtractRequest): Promise<ExtractResponse> {
    return this.contentProcessor.extract(request);
  }
}
