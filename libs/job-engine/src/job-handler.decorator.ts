import { applyDecorators, UseFilters } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type { JobDefinition, JobPayload } from '@torale/contracts';
import type { Concurrency, GivenUpContext, JobContext } from './job-engine.ts';
import { OriginalErrorFilter } from './original-error.filter.ts';

export interface JobHandlerOptions {
  /** A function is given the settings of the JobServer. @default 1 */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- decorators are written before anybody knows the settings
  concurrency?: Concurrency | ((settings: any) => Concurrency);
}

/** What a decorated method has told JobServer, in the extras of its message pattern. */
export type JobPatternExtras = { job: JobDefinition } & (
  { role: 'handler'; options: JobHandlerOptions & { batch?: number } } | { role: 'given-up' }
);

type HandlerDecorator<Parameters extends unknown[], Result> = <
  Method extends (...parameters: Parameters) => Result,
>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/**
 * The method of a controller that does a job: `run(@Payload() payload, @Ctx() context: JobContext)`. It resolves when
 * the job is done, and throws to have it tried again. With `batch` it gets up to that many payloads and their contexts
 * at a time, and returns one promise for each: a slow job does not hold up the others.
 */
export function JobHandler<J extends JobDefinition>(
  job: J,
  options?: JobHandlerOptions,
): HandlerDecorator<[JobPayload<J>, JobContext], Promise<unknown>>;
export function JobHandler<J extends JobDefinition>(
  job: J,
  options: JobHandlerOptions & { batch: number },
): HandlerDecorator<
  [JobPayload<J>[], JobContext[]],
  readonly Promise<unknown>[] | Promise<readonly Promise<unknown>[]>
>;
export function JobHandler(job: JobDefinition, options: JobHandlerOptions & { batch?: number } = {}) {
  return pattern(job.queue, { job, role: 'handler', options });
}

/**
 * The method of a controller that does what must follow when a job is given up: `abandon(@Payload() payload, @Ctx()
 * context: GivenUpContext)`. It is tried until it resolves.
 */
export function GivenUpHandler<J extends JobDefinition>(
  job: J,
): HandlerDecorator<[JobPayload<J>, GivenUpContext], Promise<unknown>> {
  return pattern(`${job.queue} given up`, { job, role: 'given-up' });
}

const pattern = (name: string, extras: JobPatternExtras): MethodDecorator =>
  applyDecorators(MessagePattern(name, extras), UseFilters(new OriginalErrorFilter()));
