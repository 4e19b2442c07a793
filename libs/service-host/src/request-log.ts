import { Logger } from '@nestjs/common';
import { callContext } from '@torale/service-client';
import type { FastifyInstance } from 'fastify';

/** Logs each answered request by its path: queries may hold secrets. Probes and scrapes stay out. */
export function useRequestLog(fastify: FastifyInstance): void {
  const logger = new Logger('request');
  fastify.addHook('onResponse', (request, reply, done) => {
    const path = request.url.split('?', 1)[0]!;
    if (request.callContext && !/^\/(health|metrics)\b/.test(path)) {
      const level = reply.statusCode >= 500 ? 'error' : 'log';
      const line = {
        method: request.method,
        path,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime),
      };
      callContext.run(request.callContext, () => logger[level](line));
    }
    done();
  });
}
