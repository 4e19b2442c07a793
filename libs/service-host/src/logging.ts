import { callContext } from '@torale/service-client';
import { RequestMethod } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { IncomingMessage, ServerResponse } from 'node:http';

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
const quote = (key: string) => `["${key}"]`;

/** Only what tells errors apart: the properties of a client's errors hold whole requests, tokens included. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  return { name, message, code, stack, ...(cause instanceof Error && { cause: serializeError(cause) }) };
}

/**
 * Structured logs on stdout, one JSON object a line, each with the service, the request id and the trace it
 * belongs to. Requests are logged by path: queries may hold secrets.
 */
export const loggingModule = (service: string, level: string) =>
  LoggerModule.forRoot({
    forRoutes: [{ path: '{/*splat}', method: RequestMethod.ALL }],
    pinoHttp: {
      level,
      base: { service },
      mixin: () => {
        const context = callContext.getStore();
        return context ? { request_id: context.request_id, trace_id: context.traceparent.slice(3, 35) } : {};
      },
      redact: {
        paths: secretKeys.flatMap((key) => [quote(key), `*${quote(key)}`, `*.*${quote(key)}`]),
        censor: '[redacted]',
      },
      genReqId: () => callContext.getStore()?.request_id ?? '',
      quietReqLogger: true,
      customAttributeKeys: { reqId: 'request_id', responseTime: 'duration_ms' },
      autoLogging: { ignore: (request) => /^\/(health|metrics)\b/.test(request.url ?? '') },
      customLogLevel: (_request: IncomingMessage, response: ServerResponse, error?: Error) =>
        error || response.statusCode >= 500 ? 'error' : 'info',
      serializers: {
        err: serializeError,
        req: (request: { method: string; url: string }) => ({
          method: request.method,
          path: request.url.split('?', 1)[0],
        }),
        res: (response: { statusCode: number }) => ({ status: response.statusCode }),
      },
    },
  });
