import { Module } from '@nestjs/common';
import { CheckDispatcher } from './checks/check-dispatcher.ts';
import { CheckRunner } from './checks/check-runner.ts';
import { ChecksRepository } from './checks/checks.repository.ts';
import { JobHandlers } from './job-handlers.ts';

/**
 * Runs due checks and deliveries. Needs DATABASE, JOB_ENGINE and the APIs of content-processor, change-detector
 * and notifications.
 */
@Module({ providers: [CheckDispatcher, CheckRunner, ChecksRepository, JobHandlers] })
export class WorkerModule {}
