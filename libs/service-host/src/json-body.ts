import type { FastifyInstance } from 'fastify';

/**
 * JSON bodies as large as the endpoint takes, where an empty one is none: clients send `content-type` with a POST that
 * carries nothing.
 */
export function useJsonBody(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const limit = route.config?.body_limit_bytes;
    if (limit !== undefined) route.bodyLimit = limit;
  });
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parse(request, body as string, done);
  });
}
