import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { CONTENT_PROCESSOR_API, jobs, type ContentProcessorApi, type JobPayload } from '@torale/contracts';
import { JobHandler } from '@torale/job-engine';
import { Housekeeper } from './housekeeper.ts';

/** How many sources get new vectors at the same time: nobody waits for them. */
const REEMBED_CONCURRENCY = 2;

@Controller()
export class HousekeepingJobsController {
  constructor(
    @Inject(Housekeeper) private readonly housekeeper: Housekeeper,
    @Inject(CONTENT_PROCESSOR_API) private readonly contentProcessor: ContentProcessorApi,
  ) {}

  @JobHandler(jobs.housekeeping)
  async housekeep(): Promise<void> {
    await this.housekeeper.run();
  }

  @JobHandler(jobs.reembed, { concurrency: REEMBED_CONCURRENCY })
  async reembed(@Payload() { source_id }: JobPayload<typeof jobs.reembed>): Promise<void> {
    await this.contentProcessor.reembed({ source_id });
  }
}
