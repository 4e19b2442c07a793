import { Controller, Inject, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { defineContract, defineEndpoint, type ServiceApi } from '@torale/contracts';
import { createServiceClient } from '@torale/service-client';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { createTestApplication, Handle, serviceTokenConfig } from '../src/index.ts';
import { greeterContract, GuardedGreeterModule, OpenGreeterModule, seenContext } from './greeter.ts';

const secret = 'a secret of more than thirty-two characters';
const GREETER = Symbol('GREETER');
const contextSchema = greeterContract.endpoints.context.response;
const frontContract = defineContract('front', {
  relay: defineEndpoint({
    method: 'POST',
    path: '/relay',
    summary: 'Ask the greeter',
    response: z.object({ front: contextSchema, greeter: contextSchema }),
  }),
});

@Controller()
class FrontController {
  constructor(@Inject(GREETER) private readonly greeter: ServiceApi<typeof greeterContract>) {}

  @Handle(frontContract.endpoints.relay)
  async relay() {
    return { front: seenContext(), greeter: await this.greeter.context(undefined) };
  }
}

@Module({ controllers: [FrontController] })
class FrontModule {}

const frontCalling = (baseUrl: string) =>
  createTestApplication({
    name: 'front',
    module: FrontModule,
    providers: [
      {
        provide: GREETER,
        useValue: createServiceClient(greeterContract, { baseUrl, secret, caller: 'front' }),
      },
    ],
  });

describe('what travels with a call', () => {
  let greeter: NestFastifyApplication;
  let front: NestFastifyApplication;
  let url: string;
  beforeAll(async () => {
    greeter = await createTestApplication({
      name: 'greeter',
      module: GuardedGreeterModule,
      config: [serviceTokenConfig],
      environment: { SERVICE_TOKEN_SECRET: secret },
    });
    front = await frontCalling(await greeter.getUrl());
    url = await front.getUrl();
  });
  afterAll(async () => {
    await front.close();
    await greeter.close();
  });

  const relay = async (headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/relay`, { method: 'POST', headers });
    return {
      response,
      body: (await response.json()) as z.infer<typeof frontContract.endpoints.relay.response>,
    };
  };

  test('one request id and one trace through two services, each hop its own span', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const { response, body } = await relay({
      'x-request-id': 'from-outside-1',
      traceparent: `00-${traceId}-00f067aa0ba902b7-00`,
    });
    expect(response.headers.get('x-request-id')).toBe('from-outside-1');
    expect([body.front.request_id, body.greeter.request_id]).toEqual(['from-outside-1', 'from-outside-1']);
    const spans = ['00f067aa0ba902b7'];
    for (const { traceparent } of [body.front, body.greeter]) {
      expect(traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
      spans.push(traceparent.split('-')[2]!);
    }
    expect(new Set(spans).size).toBe(3);
  });

  test.each([
    ['no ids', {}],
    ['ids that are not sane', { 'x-request-id': 'a b<script>', traceparent: '00-zz-00f067aa0ba902b7-01' }],
    ['an empty trace', { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }],
  ])('%s: new ones are made', async (_name, headers) => {
    const { response, body } = await relay(headers as Record<string, string>);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.greeter.request_id).toBe(response.headers.get('x-request-id'));
    expect(body.front.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  test('the deadline shrinks on its way and never grows beyond the endpoint', async () => {
    const own = (await relay()).body;
    expect(own.front.time_left_ms).toBeLessThanOrEqual(10_000);
    expect(own.greeter.time_left_ms).toBeLessThanOrEqual(own.front.time_left_ms);

    const hurried = (await relay({ 'x-deadline-ms': '2000' })).body;
    expect(hurried.front.time_left_ms).toBeLessThanOrEqual(2000);
    expect(hurried.greeter.time_left_ms).toBeGreaterThan(0);
    expect(hurried.greeter.time_left_ms).toBeLessThanOrEqual(hurried.front.time_left_ms);

    for (const greedy of ['9999999', '-1', 'soon']) {
      expect((await relay({ 'x-deadline-ms': greedy })).body.front.time_left_ms).toBeLessThanOrEqual(10_000);
    }
  });

  test("a caller's deadline ends the call to a service that hangs", async () => {
    const hanging = createServer(() => {});
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const app = await frontCalling(`http://127.0.0.1:${(hanging.address() as AddressInfo).port}`);
    try {
      const begun = performance.now();
      const response = await fetch(`${await app.getUrl()}/relay`, {
        method: 'POST',
        headers: { 'x-deadline-ms': '1000' },
      });
      // The endpoint has ten seconds.
      expect(performance.now() - begun).toBeLessThan(9_000);
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({
        code: 'service_unavailable',
        detail: expect.stringContaining('greeter did not answer within'),
      });
    } finally {
      await app.close();
      hanging.closeAllConnections();
      hanging.close();
    }
  });

  test('requests that share a connection and send their body late keep their own context', async () => {
    const open = await createTestApplication({ module: OpenGreeterModule });
    const { port } = new URL(await open.getUrl());
    const greet = (id: string) =>
      new Promise<string>((resolve, reject) => {
        const request = httpRequest(
          {
            host: '127.0.0.1',
            port,
            path: '/greet',
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-request-id': id },
          },
          async (response) => resolve((await response.toArray()).join('')),
        );
        request.on('error', reject);
        request.write('{"name":');
        delay(50).then(() => request.end('"Ada"}'));
      });
    const ids = ['first', 'second', 'third'];
    const texts = await Promise.all(ids.map(greet));
    expect(texts.map((text) => JSON.parse(text).text)).toEqual(ids.map((id) => `Hello Ada (${id})`));
    await open.close();
  });
});
