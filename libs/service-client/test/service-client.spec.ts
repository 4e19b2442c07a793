import { AppError, defineContract, defineEndpoint } from '@torale/contracts';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, jwtVerify } from 'jose';
import { register } from 'prom-client';
import { z } from 'zod';
import { callContext } from '../src/call-context.ts';
import { createServiceClient } from '../src/service-client.ts';

const secret = 'a secret of more than thirty-two characters';
let number = 0;
/** Each test calls a service of its own name, as breakers and metrics are kept by name. */
const contractOf = (name: string, deadline_ms: number) =>
  defineContract(name, {
    add: defineEndpoint({
      method: 'POST',
      path: '/add',
      summary: 'Add two numbers',
      body: z.object({ a: z.number(), b: z.number() }),
      response: z.object({ sum: z.number() }),
      deadline_ms,
    }),
    touch: defineEndpoint({
      method: 'POST',
      path: '/touch',
      summary: 'Touch',
      status: 204,
      response: z.undefined(),
    }),
  });

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

/** Serves on a free port of 127.0.0.1. */
async function serve(listener: RequestListener): Promise<number> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

const problem = (error: AppError, headers?: Record<string, string>) =>
  json(error.status, error.toProblem(), { 'content-type': 'application/problem+json', ...headers });

function clientOf(port: number, { deadlineMs = 20_000, breakerResetMs = 10_000 } = {}) {
  const service = `adder-${++number}`;
  const api = createServiceClient(contractOf(service, deadlineMs), {
    baseUrl: `http://127.0.0.1:${port}`,
    secret,
    caller: 'tester',
    breakerResetMs,
  });
  return { service, add: () => api.add({ a: 1, b: 2 }), touch: () => api.touch(undefined) };
}

/** A port on which nothing listens: none that a server gets without asking for it. */
const deadPort = 1;

async function breakerState(service: string): Promise<number | undefined> {
  const gauge = await register.getSingleMetric('torale_circuit_breaker_state')!.get();
  return gauge.values.find(({ labels }) => labels['service'] === service)?.value;
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('The call should have failed');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(AppError);
      return error as AppError;
    },
  );

describe('a call', () => {
  test('carries its body, a service token, the request id, a child span and the time that is left', async () => {
    let seen: IncomingMessage | undefined;
    let body = '';
    const port = await serve(async (request, response) => {
      seen = request;
      body = (await request.toArray()).join('');
      json(200, { sum: 3 })(request, response as never);
    });
    const { service, add } = clientOf(port);
    const context = {
      request_id: 'r-1',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      deadline: Date.now() + 10_000,
    };
    expect(await callContext.run(context, add)).toEqual({ sum: 3 });
    const headers = seen!.headers;
    expect(JSON.parse(body)).toEqual({ a: 1, b: 2 });
    expect(headers['x-request-id']).toBe('r-1');
    expect(headers['traceparent']).toMatch(
      /^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/,
    );
    expect(Number(headers['x-deadline-ms'])).toBeGreaterThan(2_000);
    expect(Number(headers['x-deadline-ms'])).toBeLessThanOrEqual(10_000);

    const token = headers.authorization!.replace('Bearer ', '');
    const { protectedHeader } = await jwtVerify(token, new TextEncoder().encode(secret), {
      issuer: 'tester',
      audience: service,
    });
    expect(protectedHeader.alg).toBe('HS256');
    const { iat, exp } = decodeJwt(token);
    expect(exp! - iat!).toBe(60);
  });

  test('without a context has the deadline of its endpoint and an id of its own', async () => {
    let headers: IncomingMessage['headers'] = {};
    const port = await serve((request, response) => {
      headers = request.headers;
      response.writeHead(204).end();
    });
    expect(await clientOf(port).touch()).toBeUndefined();
    expect(headers['x-deadline-ms']).toBe('10000');
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('does not go through HTTP_PROXY', async () => {
    const port = await serve(json(200, { sum: 3 }));
    process.env['HTTP_PROXY'] = process.env['http_proxy'] = 'http://127.0.0.1:9';
    try {
      expect(await clientOf(port).add()).toEqual({ sum: 3 });
    } finally {
      delete process.env['HTTP_PROXY'];
      delete process.env['http_proxy'];
    }
  });
});

describe('what goes wrong there', () => {
  test("is the service's own error again", async () => {
    const errors = [{ path: 'a', message: 'too large' }];
    const port = await serve(
      problem(new AppError('rate_limited', 'Slow down', { errors }), { 'retry-after': '7' }),
    );
    expect(await failureOf(clientOf(port).add())).toMatchObject({
      code: 'rate_limited',
      message: 'Slow down',
      errors,
      retry_after_seconds: 7,
    });
  });

  test.each<[string, RequestListener, string, RegExp]>([
    [
      'a 503 problem',
      problem(new AppError('service_unavailable', 'The database is not available')),
      'service_unavailable',
      /^adder-\d+ is not available: The database is not available$/,
    ],
    [
      'a 503 of a proxy',
      (_q, r) => void r.writeHead(503).end('<h1>down</h1>'),
      'service_unavailable',
      /^adder-\d+ is not available \(HTTP 503\)$/,
    ],
    [
      'a page that is no problem',
      (_q, r) => void r.writeHead(404).end('nginx'),
      'upstream_failed',
      /^adder-\d+ answered 404/,
    ],
    [
      'a redirect',
      (_q, r) => void r.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
      'upstream_failed',
      /breaks its contract$/,
    ],
    [
      'an answer of another shape',
      json(200, { sum: 'three' }),
      'upstream_failed',
      /^adder-\d+ gave an answer that breaks its contract$/,
    ],
    [
      'an answer that is not JSON',
      (_q, r) => void r.writeHead(200).end('three'),
      'upstream_failed',
      /breaks its contract$/,
    ],
    [
      'a connection that breaks',
      (q) => void q.socket.destroy(),
      'service_unavailable',
      /^adder-\d+ is not available \(ECONNRESET\)$/,
    ],
    [
      'a code that this version does not know',
      json(418, { type: 't', title: 'Teapot', status: 418, code: 'teapot' }),
      'upstream_failed',
      /^Teapot$/,
    ],
  ])('%s', async (_name, listener, code, message) => {
    const error = await failureOf(clientOf(await serve(listener)).add());
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('a service that is not there', async () => {
    expect(await failureOf(clientOf(deadPort).add())).toMatchObject({
      code: 'service_unavailable',
      message: expect.stringMatching(/^adder-\d+ is not available \(ECONNREFUSED\)$/),
    });
  });

  test.each<[string, RequestListener]>([
    ['hangs', () => {}],
    [
      'drips',
      (request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => response.write(' '), 50);
        request.socket.on('close', () => clearInterval(drip));
      },
    ],
  ])('a service that %s is left at the deadline', async (_name, listener) => {
    const { add } = clientOf(await serve(listener), { deadlineMs: 500 });
    const begun = performance.now();
    expect(await failureOf(add())).toMatchObject({
      code: 'service_unavailable',
      message: expect.stringMatching(/did not answer within 500 ms$/),
    });
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  test('no error holds the service token', async () => {
    const error = await failureOf(clientOf(deadPort).add());
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('Bearer');
    expect(error.cause).toBeUndefined();
  });
});

describe('the circuit breaker', () => {
  describe('in its own time', () => {
    // A breaker sets a timer; what else goes by time here goes by the clock.
    const doNotFake = [
      'Date',
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
    ] as const;
    beforeEach(() => void jest.useFakeTimers({ doNotFake: [...doNotFake] }));
    afterEach(() => void jest.useRealTimers());

    test('opens against a dead service, asks it nothing, and closes when the service is back', async () => {
      let lives = false;
      let asked = 0;
      const port = await serve((request, response) => {
        asked++;
        if (lives) json(200, { sum: 3 })(request, response);
        else request.socket.destroy();
      });
      const { service, add } = clientOf(port, { breakerResetMs: 300 });
      expect(await breakerState(service)).toBe(0);
      for (let call = 0; call < 3; call++) expect((await failureOf(add())).message).toContain('ECONNRESET');
      expect(await breakerState(service)).toBe(2);

      lives = true;
      const paused = {
        code: 'service_unavailable',
        message: expect.stringMatching(/calls to it are paused$/),
        retry_after_seconds: 1,
      };
      expect(await failureOf(add())).toMatchObject(paused);
      jest.advanceTimersByTime(299);
      expect(await failureOf(add())).toMatchObject(paused);
      expect(asked).toBe(3);

      jest.advanceTimersByTime(1);
      expect(await breakerState(service)).toBe(1);
      expect(await add()).toEqual({ sum: 3 });
      expect(await breakerState(service)).toBe(0);
    });

    test('opens again when the one call it lets through fails', async () => {
      const { service, add } = clientOf(deadPort, { breakerResetMs: 300 });
      for (let call = 0; call < 3; call++) await failureOf(add());
      jest.advanceTimersByTime(300);
      expect((await failureOf(add())).message).toContain('ECONNREFUSED');
      expect(await breakerState(service)).toBe(2);
    });
  });

  test.each<[string, RequestListener]>([
    ['errors of the request', problem(new AppError('invalid_request'))],
    ['errors of the service', problem(new AppError('internal_error'))],
    ['what the service itself finds unavailable', problem(new AppError('service_unavailable'))],
    ['answers that break the contract', json(200, {})],
  ])('stays closed on %s', async (_name, listener) => {
    const { service, add } = clientOf(await serve(listener));
    for (let call = 0; call < 10; call++) await failureOf(add());
    expect(await breakerState(service)).toBe(0);
  });

  test('callers in a hurry do not open it for the others', async () => {
    const { service, add } = clientOf(await serve(() => {}), { deadlineMs: 500 });
    for (const timeLeft of [20, 20, 20, -5]) {
      const context = { request_id: 'r', traceparent: '', deadline: Date.now() + timeLeft };
      expect((await failureOf(callContext.run(context, add))).code).toBe('service_unavailable');
    }
    expect(await breakerState(service)).toBe(0);
    for (let call = 0; call < 5; call++) await failureOf(add());
    expect(await breakerState(service)).toBe(2);
  });

  test('each call is measured with how it ended', async () => {
    const { service, add } = clientOf(await serve(json(200, { sum: 3 })));
    await add();
    const metrics = await register.metrics();
    expect(metrics).toContain(
      `torale_service_call_duration_seconds_count{service="${service}",operation="add",outcome="ok"} 1`,
    );
  });
});
