import { callContext, childTraceparent, type CallContext } from '@torale/service-client';
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { EndpointRouteConfig } from './handle.decorator.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Missing only where the router refused the URL itself. */
    callContext?: CallContext;
  }
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- augments fastify's own interface
  interface FastifyContextConfig extends Partial<EndpointRouteConfig> {}
}

const defaultDeadlineMs = 30_000;
const sanePattern = /^[\w.:-]{1,128}$/;

/** The caller's `x-request-id` when it is a plain token, else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = header(headers['x-request-id']);
  return given && sanePattern.test(given) ? given : randomUUID();
}

/** Runs each request within its `callContext` and names it in the response. */
export function useRequestContext(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    request.callContext = contextOf(request);
    reply.headers({ 'x-request-id': request.callContext.request_id, 'x-content-type-options': 'nosniff' });
    enter(request, done);
  });
  // Reading the body leaves the async context of onRequest; what follows runs from the socket's events.
  fastify.addHook('preValidation', (request, _reply, done) => enter(request, done));
}

function enter(request: FastifyRequest, done: HookHandlerDoneFunction): void {
  if (request.callContext) callContext.run(request.callContext, done);
  else done();
}

function contextOf({ id, headers, routeOptions }: FastifyRequest): CallContext {
  const ownDeadline = routeOptions.config.deadline_ms ?? defaultDeadlineMs;
  const callerDeadline = Number(header(headers['x-deadline-ms']) ?? Infinity);
  return {
    request_id: id,
    traceparent: childTraceparent(header(headers['traceparent'])),
    deadline: Date.now() + Math.min(ownDeadline, callerDeadline >= 0 ? callerDeadline : ownDeadline),
  };
}

const header = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);
