import { Body, Controller, Inject, UseGuards } from '@nestjs/common';
import {
  CHANGE_DETECTOR_API,
  changeDetectorContract,
  type ChangeDetectorApi,
  type CompareRequest,
  type CompareResponse,
  type DetectRequest,
  type DetectResponse,
  type JudgeRequest,
  type JudgeResponse,
  type ConditionStateRequest,
  type ConditionStateResponse,
  type ReadRequest,
  type ReadResponse,
  type SimilarityRequest,
  type SimilarityResponse,
} from '@torale/contracts';
import { Handle, ServiceTokenGuard } from '@torale/service-host';

const { compare, conditionState, detect, judge, read, similarity } = changeDetectorContract.endpoints;

@Controller()
@UseGuards(ServiceTokenGuard)
export class ChangeDetectorController {
  constructor(@Inject(CHANGE_DETECTOR_API) private readonly changeDetector: ChangeDetectorApi) {}

  @Handle(detect)
  detect(@Body({ schema: detect.body }) request: DetectRequest): Promise<DetectResponse> {
    return this.changeDetector.detect(request);
  }

  @Handle(conditionState)
  conditionState(
    @Body({ schema: conditionState.body }) request: ConditionStateRequest,
  ): Promise<ConditionStateResponse> {
    return this.changeDetector.conditionState(request);
  }

  @Handle(read)
  read(@Body({ schema: read.body }) request: ReadRequest): Promise<ReadResponse> {
    return this.changeDetector.read(request);
  }

  @Handle(compare)
  compare(@Body({ schema: compare.body }) request: CompareRequest): Promise<CompareResponse> {
    return this.changeDetector.compare(request);
  }

  @Handle(similarity)
  similarity(@Body({ schema: similarity.body }) request: SimilarityRequest): Promise<SimilarityResponse> {
    return this.changeDetector.similarity(request);
  }

  @Handle(judge)
  judge(@Body({ schema: judge.body }) request: JudgeRequest): Promise<JudgeResponse> {
    return this.changeDetector.judge(request);
  }
}
