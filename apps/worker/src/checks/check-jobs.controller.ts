import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { jobs, type JobPayload } from '@torale/contracts';
import { GivenUpHandler, JobHandler, type GivenUpContext } from '@torale/job-engine';
import { places, type WorkerConfig } from '../worker.config.ts';
import { CheckRunner } from './check-runner.ts';

@Controller()
export class CheckJobsController {
  constructor(@Inject(CheckRunner) private readonly checkRunner: CheckRunner) {}

  @JobHandler(jobs.runCheck, {
    concurrency: (config: WorkerConfig) => places(config, config.CHECK_CONCURRENCY),
  })
  async run(@Payload() payload: JobPayload<typeof jobs.runCheck>): Promise<void> {
    await this.checkRunner.run(payload);
  }

  @GivenUpHandler(jobs.runCheck)
  async abandon(
    @Payload() payload: JobPayload<typeof jobs.runCheck>,
    @Ctx() { error }: GivenUpContext,
  ): Promise<void> {
    await this.checkRunner.abandon(payload, error);
  }
}
