import { callContext } from '@torale/service-client';
import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { levels } from 'pino';
import type { Options } from 'pino-http';
import { readableLog } from './readable-log.ts';

const secretKeys = [
  'authorization',
  'Authorization',
  'cookie',
  'set-cookie',
  'apikey',
  'x-api-key',
  'password',
  'secret',
  'token',
  'access_token',
  'refresh_token',
  'SERVICE_TOKEN_SECRET',
];
/** Nest tells of every route and module at start; that is for debugging. */
const chatty = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
  'NestMicroservice',
]);

/** Only what tells errors apart: the properties of a client's errors hold whole requests, tokens included. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  return { name, message, code, stack, ...(cause instanceof Error && { cause: serializeError(cause) }) };
}

/**
 * Structured logs on stdout, one JSON object a line (words for a person at a terminal), each with the service,
 * the request id and the trace it belongs to.
 */
export function loggingModule(service: string, level: string): DynamicModule {
  const readable = process.stdout.isTTY && process.env['NODE_ENV'] !== 'production';
  const options = pinoOptions(service, level);
  // No middleware: useRequestLog logs requests, and the mixin tells which one a line belongs to.
  return LoggerModule.forRoot({ forRoutes: [], pinoHttp: readable ? [options, readableLog] : options });
}

const pinoOptions = (service: string, level: string): Options => ({
  level,
  base: { service },
  mixin: () => {
    const context = callContext.getStore();
    return context ? { request_id: context.request_id, trace_id: context.traceparent.slice(3, 35) } : {};
  },
  hooks: {
    logMethod(args, method, level) {
      const [fields] = args as unknown[];
      const context = (fields as { context?: string } | undefined)?.context;
      if (level === levels.values['info'] && context && chatty.has(context)) this.debug(...args);
      else method.apply(this, args);
    },
  },
  redact: {
    paths: secretKeys.flatMap((key) => [`["${key}"]`, `*["${key}"]`, `*.*["${key}"]`]),
    censor: '[redacted]',
  },
  serializers: { err: serializeError },
  wrapSerializers: false,
});
