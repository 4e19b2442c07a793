import { Body, Controller, Module, Post } from '@nestjs/common';
import { discoveryContract, notificationsContract } from '@torale/contracts';
import { serviceClientConfig, ServiceClientModule, serviceTokenConfig } from '@torale/service-client';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { createTestApplication } from '../src/index.ts';
import { DEPENDENCY, DependentGreeterModule, OpenGreeterModule } from './greeter.ts';

let app: NestFastifyApplication | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

describe('health', () => {
  const ready = async (ask: () => Promise<void>) => {
    app = await createTestApplication({
      module: DependentGreeterModule,
      providers: [{ provide: DEPENDENCY, useValue: ask }],
    });
    const url = await app.getUrl();
    const response = await fetch(`${url}/health/ready`);
    return {
      status: response.status,
      body: await response.json(),
      live: (await fetch(`${url}/health/live`)).status,
    };
  };

  test('ready while what it needs answers', async () => {
    expect(await ready(async () => {})).toMatchObject({
      status: 200,
      body: { status: 'ok', details: { dependency: { status: 'up' } } },
    });
  });

  test('not ready, and says why, when it does not; still alive', async () => {
    const down = await ready(async () => {
      throw new Error('connect ECONNREFUSED 127.0.0.1:5432');
    });
    expect(down).toMatchObject({
      status: 503,
      live: 200,
      body: {
        status: 'error',
        error: { dependency: { status: 'down', message: 'connect ECONNREFUSED 127.0.0.1:5432' } },
      },
    });
  });

  test('something that hangs is down after two seconds', async () => {
    const begun = performance.now();
    const hanging = await ready(() => new Promise(() => {}));
    // With the start of the application.
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(hanging).toMatchObject({
      status: 503,
      body: { error: { dependency: { message: expect.stringContaining('2000ms') } } },
    });
  });

  test('a remote service that is dead is named, and the rest stays ready', async () => {
    const alive = createServer((_request, response) => response.end('{}'));
    await new Promise<void>((resolve) => alive.listen(0, '127.0.0.1', resolve));
    app = await createTestApplication({
      name: 'gateway',
      module: ServiceClientModule.register([discoveryContract, notificationsContract]),
      config: [serviceClientConfig, serviceTokenConfig],
      environment: {
        SERVICE_TOKEN_SECRET: 'a secret of more than thirty-two characters',
        DISCOVERY_SERVICE_URL: 'http://127.0.0.1:9',
        NOTIFICATION_SERVICE_URL: `http://127.0.0.1:${(alive.address() as AddressInfo).port}`,
      },
    });
    const response = await fetch(`${await app.getUrl()}/health/ready`);
    expect([response.status, await response.json()]).toMatchObject([
      200,
      {
        status: 'degraded',
        details: {
          discovery: { status: 'degraded', message: expect.stringContaining('ECONNREFUSED') },
          notifications: { status: 'up' },
        },
      },
    ]);
    const metrics = await (await fetch(`${await app.getUrl()}/metrics`)).text();
    expect(metrics).toContain('torale_circuit_breaker_state{service="discovery"} 0');
    alive.closeAllConnections();
    alive.close();
  });
});

test('metrics tell of requests by route pattern, never by URL', async () => {
  app = await createTestApplication({ module: OpenGreeterModule });
  const url = await app.getUrl();
  const id = '5f0c1b1e-1111-4111-8111-111111111111';
  await fetch(`${url}/people/${id}/greetings`);
  await fetch(`${url}/wp-login.php?user=${id}`);
  const response = await fetch(`${url}/metrics`);
  const metrics = await response.text();
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(metrics).toContain(
    'http_request_duration_seconds_count{method="GET",route="/people/:id/greetings",status="200"} 1',
  );
  expect(metrics).toContain('http_request_duration_seconds_count{method="GET",route="none",status="404"} 1');
  expect(metrics).toContain('process_cpu_seconds_total');
  expect(metrics).not.toContain(id);
  expect(metrics).not.toContain('wp-login');
});

test('openapi.json holds what the contract says', async () => {
  app = await createTestApplication({ name: 'greeter', module: OpenGreeterModule });
  const response = await fetch(`${await app.getUrl()}/openapi.json`);
  const document = (await response.json()) as never;
  const problem = { default: { $ref: '#/components/responses/Problem' } };
  expect(document).toMatchObject({
    openapi: expect.stringMatching(/^3\./),
    info: { title: 'Torale greeter' },
    paths: {
      '/greet': {
        post: {
          summary: 'Greet someone',
          requestBody: {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Greet' } } },
          },
          responses: {
            201: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Greeting' } } } },
            ...problem,
          },
        },
      },
      '/people/{id}/greetings': {
        get: {
          parameters: [
            { name: 'id', in: 'path', required: true, schema: { format: 'uuid' } },
            {
              name: 'limit',
              in: 'query',
              required: false,
              schema: { type: 'integer', default: 5, maximum: 10 },
            },
          ],
        },
      },
      '/people/{id}': { delete: { responses: { 204: { description: 'No Content' } } } },
    },
    components: {
      schemas: { Greet: { required: ['name'] }, Greeting: { properties: { text: { type: 'string' } } } },
      responses: { Problem: { content: { 'application/problem+json': {} } } },
    },
  });
  expect(Object.keys((document as { paths: object }).paths)).toEqual([
    '/greet',
    '/people/{id}/greetings',
    '/context',
    '/people/{id}',
    '/fail',
  ]);
});

test('a schema that OpenAPI cannot hold stops the service at start', async () => {
  @Controller()
  class WrongController {
    @Post()
    take(@Body({ schema: z.undefined() }) _body: undefined) {}
  }
  @Module({ controllers: [WrongController] })
  class WrongModule {}
  await expect(createTestApplication({ module: WrongModule })).rejects.toThrow('JSON Schema');
});
