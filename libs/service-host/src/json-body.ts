import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify';

const readingOf = (request: FastifyRequest) => request.routeOptions.config.body_reading;

/**
 * JSON bodies as large as the endpoint takes, where an empty one is none: clients send `content-type` with a POST that
 * carries nothing. Endpoints that want them read otherwise get them so.
 */
export function useJsonBody(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const limit = route.config?.body_limit_bytes;
    if (limit !== undefined) route.bodyLimit = limit;
  });
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const reading = readingOf(request);
    if (body === '' || reading === 'ignored') done(null, undefined);
    else if (reading === 'text') done(null, body);
    else parse(request, body as string, done);
  });
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (request, _body, done) => {
    if (readingOf(request) === 'ignored') done(null, undefined);
    else done(new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(request.headers['content-type']));
  });
}
