import { Body, Controller, Inject, UseGuards } from '@nestjs/common';
import {
  CHANGE_DETECTOR_API,
  changeDetectorContract,
  type ChangeDetectorApi,
  type DetectRequest,
  type DetectResponse,
  type JudgeRequest,
  type JudgeResponse,
} from '@torale/contracts';
import { Handle, ServiceTokenGuard } from '@torale/service-host';

const { detect, judge } = changeDetectorContract.endpoints;

@Controller()
@UseGuards(ServiceTokenGuard)
export class ChangeDetectorController {
  constructor(@Inject(CHANGE_DETECTOR_API) private readonly changeDetector: ChangeDetectorApi) {}

  @Handle(detect)
  detect(@Body({ schema: detect.body }) request: DetectRequest): Promise<DetectResponse> {
    return this.changeDetector.detect(request);
  }

  @Handle(judge)
  judge(@Body({ schema: judge.body }) request: JudgeRequest): Promise<JudgeResponse> {
    return this.changeDetector.judge(request);
  }
}
