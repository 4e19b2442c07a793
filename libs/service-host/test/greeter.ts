import {
  Body,
  ConflictException,
  Controller,
  Inject,
  Injectable,
  Module,
  Param,
  Query,
  UseGuards,
  type OnModuleInit,
} from '@nestjs/common';
import { AppError, defineContract, defineEndpoint } from '@torale/contracts';
import { callContext } from '@torale/service-client';
import { z } from 'zod';
import { Handle, ReadinessRegistry, ServiceTokenGuard } from '../src/index.ts';

const greetSchema = z
  .strictObject({ name: z.string().min(1), tags: z.array(z.string()).default([]) })
  .meta({ id: 'Greet' });
const greetingSchema = z.object({ text: z.string() }).meta({ id: 'Greeting' });
const contextSchema = z.object({ request_id: z.string(), traceparent: z.string(), time_left_ms: z.number() });

/** A small service that does each thing service-host has to cope with. */
export const greeterContract = defineContract('greeter', {
  greet: defineEndpoint({
    method: 'POST',
    path: '/greet',
    summary: 'Greet someone',
    status: 201,
    body: greetSchema,
    response: greetingSchema,
  }),
  list: defineEndpoint({
    method: 'GET',
    path: '/people/:id/greetings',
    summary: 'List greetings',
    params: z.object({ id: z.uuid() }),
    query: z.object({ limit: z.coerce.number().int().max(10).default(5) }),
    response: z.object({ limit: z.number() }),
  }),
  context: defineEndpoint({
    method: 'POST',
    path: '/context',
    summary: 'Tell the context of the call',
    response: contextSchema,
  }),
  forget: defineEndpoint({
    method: 'DELETE',
    path: '/people/:id',
    summary: 'Forget someone',
    status: 204,
    params: z.object({ id: z.uuid() }),
    response: z.undefined(),
  }),
  fail: defineEndpoint({
    method: 'POST',
    path: '/fail',
    summary: 'Fail in some way',
    body: z.object({ how: z.string() }),
    response: z.undefined(),
  }),
});

const { endpoints } = greeterContract;

const failures: Record<string, () => unknown> = {
  conflict: () => new AppError('conflict', 'Already greeted'),
  limited: () => new AppError('rate_limited', 'Slow down', { retry_after_seconds: 6.2 }),
  nest: () => new ConflictException('Nest says no'),
  bug: () => new TypeError('secret detail of the inside'),
  'not an error': () => ({ password: 'hunter2' }),
  'refused connection': () => Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
  'stopping database': () => Object.assign(new Error('terminating connection'), { code: '57P01' }),
  'starting database': () =>
    Object.assign(new Error('the database system is starting up'), { code: '57P03' }),
  'lost connection': () => new Error('Connection terminated unexpectedly'),
  'wrapped connection': () =>
    new Error('query failed', { cause: Object.assign(new Error(), { code: '08006' }) }),
};

/** The context of the call that is being handled, as the handler sees it. */
export function seenContext() {
  const { request_id, traceparent, deadline } = callContext.getStore()!;
  return { request_id, traceparent, time_left_ms: deadline - Date.now() };
}

@Controller()
export class GreeterController {
  @Handle(endpoints.greet)
  greet(@Body({ schema: endpoints.greet.body }) body: z.infer<typeof greetSchema>) {
    return { text: `Hello ${body.name} (${callContext.getStore()?.request_id})` };
  }

  @Handle(endpoints.list)
  list(
    @Param({ schema: endpoints.list.params }) _params: { id: string },
    @Query({ schema: endpoints.list.query }) query: { limit: number },
  ) {
    return query;
  }

  @Handle(endpoints.context)
  context() {
    return seenContext();
  }

  @Handle(endpoints.forget)
  forget(@Param('id', { schema: z.uuid() }) _id: string) {}

  @Handle(endpoints.fail)
  fail(@Body({ schema: endpoints.fail.body }) body: { how: string }) {
    throw failures[body.how]!();
  }
}

/** Something a module cannot work without. */
export const DEPENDENCY = Symbol('DEPENDENCY');

@Injectable()
class DependencyReadiness implements OnModuleInit {
  constructor(
    @Inject(DEPENDENCY) private readonly ask: () => Promise<void>,
    @Inject(ReadinessRegistry) private readonly readiness: ReadinessRegistry,
  ) {}

  onModuleInit() {
    this.readiness.add('dependency', this.ask);
  }
}

@Module({ controllers: [GreeterController] })
export class OpenGreeterModule {}

@Module({ controllers: [GreeterController], providers: [DependencyReadiness] })
export class DependentGreeterModule {}

@UseGuards(ServiceTokenGuard)
@Controller()
class GuardedController {
  @Handle(endpoints.context)
  context() {
    return seenContext();
  }
}

@Module({ controllers: [GuardedController] })
export class GuardedGreeterModule {}
