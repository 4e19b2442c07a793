import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createTestApplication } from '../src/index.ts';
import { OpenGreeterModule } from './greeter.ts';

describe('errors over HTTP', () => {
  let app: NestFastifyApplication;
  let url: string;
  beforeAll(async () => {
    app = await createTestApplication({ module: OpenGreeterModule });
    url = await app.getUrl();
  });
  afterAll(() => app.close());

  async function call(method: string, path: string, body?: unknown, contentType = 'application/json') {
    const response = await fetch(url + path, {
      method,
      headers: { 'content-type': contentType, 'x-request-id': 'test-1' },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text && JSON.parse(text) };
  }

  test('an AppError becomes a problem with everything a caller needs', async () => {
    const { headers, body } = await call('POST', '/fail?token=secret', { how: 'conflict' });
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toEqual({
      type: 'https://torale.dev/problems/conflict',
      title: 'This conflicts with what is stored',
      status: 409,
      code: 'conflict',
      detail: 'Already greeted',
      instance: '/fail',
      request_id: 'test-1',
    });
  });

  test('Retry-After is whole seconds, rounded up', async () => {
    const { status, headers } = await call('POST', '/fail', { how: 'limited' });
    expect([status, headers.get('retry-after')]).toEqual([429, '7']);
  });

  test.each([
    ['a route that is not there', 'GET', '/nope', undefined, undefined, 404, 'not_found'],
    ['a method that is not there', 'DELETE', '/greet', undefined, undefined, 404, 'not_found'],
    ['malformed JSON', 'POST', '/greet', '{"name":', undefined, 400, 'invalid_request'],
    ['a prototype in JSON', 'POST', '/greet', '{"__proto__":{"a":1}}', undefined, 400, 'invalid_request'],
    ['another media type', 'POST', '/greet', '<a/>', 'text/xml', 415, 'unsupported_media_type'],
    [
      'a form',
      'POST',
      '/greet',
      'name=a',
      'application/x-www-form-urlencoded',
      415,
      'unsupported_media_type',
    ],
    [
      'a body over 1 MiB',
      'POST',
      '/greet',
      { name: 'x'.repeat(2 ** 20) },
      undefined,
      413,
      'payload_too_large',
    ],
    ['a malformed URL', 'GET', '/%zz', undefined, undefined, 400, 'invalid_request'],
    ["Nest's own exception", 'POST', '/fail', { how: 'nest' }, undefined, 409, 'conflict'],
  ])('%s', async (_name, method, path, body, contentType, status, code) => {
    const response = await call(method, path, body, contentType);
    expect([response.status, response.body.status, response.body.code]).toEqual([status, status, code]);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect([response.headers.get('x-request-id'), response.body.request_id]).toEqual(['test-1', 'test-1']);
  });

  test.each(['bug', 'not an error'])('what nobody foresaw (%s) is a 500 that tells nothing', async (how) => {
    const { status, body } = await call('POST', '/fail', { how });
    expect(status).toBe(500);
    expect(body).toMatchObject({ code: 'internal_error', detail: 'Something went wrong on our side' });
  });

  test.each([
    'refused connection',
    'stopping database',
    'starting database',
    'lost connection',
    'wrapped connection',
  ])('a database that cannot be reached (%s) is a 503', async (how) => {
    const { status, body, headers } = await call('POST', '/fail', { how });
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'service_unavailable', '1']);
  });

  describe('validation', () => {
    test('names every fault of a body by its path', async () => {
      const { status, body } = await call('POST', '/greet', { name: '', tags: ['a', 7], extra: 1 });
      expect([status, body.code]).toEqual([400, 'invalid_request']);
      expect(body.errors.map((error: { path: string }) => error.path)).toEqual(['name', 'tags.1', 'body']);
      expect(body.detail).toContain('name: ');
    });

    test('a body that is missing', async () => {
      const { status, body } = await call('POST', '/greet');
      expect([status, body.errors]).toEqual([400, [{ path: 'body', message: expect.any(String) }]]);
    });

    test('query and path', async () => {
      const id = '5f0c1b1e-1111-4111-8111-111111111111';
      expect((await call('GET', `/people/${id}/greetings?limit=11`)).body.errors[0].path).toBe('query.limit');
      expect((await call('GET', '/people/7/greetings')).body.errors[0].path).toBe('params.id');
      expect((await call('DELETE', '/people/7')).body.errors[0].path).toBe('params.id');
    });

    test('a hostile body gets a short answer', async () => {
      const { body } = await call('POST', '/greet', { name: 'a', tags: Array(100_000).fill(1) });
      expect(body.errors).toHaveLength(50);
    });

    test('what is valid arrives parsed, with its defaults and its status', async () => {
      const id = '5f0c1b1e-1111-4111-8111-111111111111';
      expect((await call('GET', `/people/${id}/greetings`)).body).toEqual({ limit: 5 });
      expect(await call('POST', '/greet', { name: 'Ada' })).toMatchObject({ status: 201 });
      expect(await call('DELETE', `/people/${id}`)).toMatchObject({ status: 204, text: '' });
    });

    test.each([undefined, '', '{"left":"over"}'])(
      'an endpoint without a body takes any (%j)',
      async (body) => {
        expect((await call('POST', '/context', body)).status).toBe(200);
      },
    );
  });

  test('no response gives away the stack or lets a browser guess', async () => {
    const { headers } = await call('POST', '/greet', { name: 'Ada' });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect([headers.get('x-powered-by'), headers.get('server'), headers.get('etag')]).toEqual([
      null,
      null,
      null,
    ]);
  });
});
