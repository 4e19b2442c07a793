import { setTimeout as delay } from 'node:timers/promises';
import { Body, Controller, Module, Param, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppError, defineContract, defineEndpoint, defineStream, type ServiceApi } from '@torale/contracts';
import { callContext, createServiceClient } from '@torale/service-client';
import { z } from 'zod';
import { createTestApplication, Handle, ndjson } from '../src/index.ts';

const countSchema = z.strictObject({
  to: z.int(),
  pause_ms: z.int().default(0),
  fail_at: z.int().optional(),
  /** Whether each waits until the one before it was read. */
  in_step: z.boolean().optional(),
});
const contract = defineContract('counter', {
  count: defineStream({
    method: 'POST',
    path: '/count',
    summary: 'Count',
    body: countSchema,
    response: z.object({ n: z.int(), request_id: z.string(), text: z.string() }),
    deadline_ms: 30_000,
  }),
  find: defineEndpoint({
    method: 'GET',
    path: '/counters/:id/steps/:step',
    summary: 'Find a step',
    params: z.object({ id: z.string(), step: z.coerce.number() }),
    query: z.object({ unit: z.string().optional() }),
    response: z.object({ id: z.string(), step: z.number(), unit: z.string().optional() }),
  }),
  rename: defineEndpoint({
    method: 'PUT',
    path: '/counters/:id',
    summary: 'Rename',
    params: z.object({ id: z.string() }),
    body: z.strictObject({ name: z.string() }),
    body_limit_bytes: 3 * 1024 * 1024,
    response: z.object({ id: z.string(), length: z.int() }),
  }),
});
const { count, find, rename } = contract.endpoints;
/** Two bytes that a chunk may part. */
const text = 'é'.repeat(40_000);

const reached: number[] = [];
let read = 0;
let ended = 0;

@Controller()
class CounterController {
  @Handle(count)
  count(@Body({ schema: count.body }) body: z.output<typeof countSchema>) {
    if (body.to < 0) throw new AppError('conflict', 'There is nothing below nought');
    return ndjson(this.numbers(body));
  }

  private async *numbers({ to, pause_ms, fail_at, in_step }: z.output<typeof countSchema>) {
    try {
      for (let n = 1; n <= to; n++) {
        if (n > 1) await delay(pause_ms);
        while (in_step && read < n - 1) await delay(5);
        if (n === fail_at) throw new Error('secret detail of the inside');
        reached.push(n);
        yield { n, request_id: callContext.getStore()!.request_id, text };
      }
    } finally {
      ended++;
    }
  }

  @Handle(find)
  find(
    @Param({ schema: find.params }) params: { id: string; step: number },
    @Query({ schema: find.query }) query: { unit?: string },
  ) {
    return { ...params, ...query };
  }

  @Handle(rename)
  rename(
    @Param({ schema: rename.params }) { id }: { id: string },
    @Body({ schema: rename.body }) body: { name: string },
  ) {
    return { id, length: body.name.length };
  }
}

@Module({ controllers: [CounterController] })
class CounterModule {}

let app: NestFastifyApplication;
let client: ServiceApi<typeof contract>;
beforeAll(async () => {
  app = await createTestApplication({ name: 'counter', module: CounterModule });
  const baseUrl = await app.getUrl();
  client = createServiceClient(contract, { baseUrl, secret: 'x'.repeat(32), caller: 'test' });
});
afterAll(() => app.close());
beforeEach(() => {
  reached.length = read = ended = 0;
});

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const result of results) list.push(result);
  return list;
}

test('results come one by one, as they are made, within the context of the call', async () => {
  const seen: { n: number; made: number }[] = [];
  const context = { request_id: 'r-1', traceparent: '', deadline: Date.now() + 30_000 };
  await callContext.run(context, async () => {
    for await (const { n, request_id, text: received } of client.count({
      to: 3,
      pause_ms: 0,
      in_step: true,
    })) {
      expect(request_id).toBe('r-1');
      expect(received === text).toBe(true);
      seen.push({ n, made: reached.length });
      read = n;
    }
  });
  expect(seen).toEqual([
    { n: 1, made: 1 },
    { n: 2, made: 2 },
    { n: 3, made: 3 },
  ]);
  expect(ended).toBe(1);
});

test('a problem before the first result is that problem', async () => {
  await expect(all(client.count({ to: -1, pause_ms: 0 }))).rejects.toMatchObject({
    code: 'conflict',
    message: 'There is nothing below nought',
  });
  await expect(all(client.count({ to: 1.5, pause_ms: 0 }))).rejects.toMatchObject({
    code: 'invalid_request',
  });
});

test('a stream that breaks off gives what it gave, then says so without saying why', async () => {
  const results = client.count({ to: 5, pause_ms: 50, fail_at: 3 })[Symbol.asyncIterator]();
  expect((await results.next()).value.n).toBe(1);
  expect((await results.next()).value.n).toBe(2);
  const failure = await Promise.resolve(results.next()).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'service_unavailable' });
  expect((failure as Error).message).not.toContain('secret');
});

test('a reader that leaves ends the work', async () => {
  for await (const { n } of client.count({ to: 1_000, pause_ms: 20 })) if (n === 2) break;
  while (ended === 0) await delay(10);
  expect(reached.length).toBeLessThan(50);
});

test('a stream that takes too long is given up', async () => {
  const context = { request_id: 'r-2', traceparent: '', deadline: Date.now() + 300 };
  const slow = callContext.run(context, () => client.count({ to: 20, pause_ms: 1_000 }));
  const started = Date.now();
  await expect(callContext.run(context, () => all(slow))).rejects.toMatchObject({
    code: 'service_unavailable',
  });
  expect(Date.now() - started).toBeLessThan(15_000);
});

test('path parameters and query go where the endpoint wants them', async () => {
  expect(await client.find({ id: 'a/b ?&é', step: 7, unit: 'm&m' })).toEqual({
    id: 'a/b ?&é',
    step: 7,
    unit: 'm&m',
  });
  expect(await client.find({ id: 'plain', step: 1 })).toEqual({ id: 'plain', step: 1 });
});

test('a body may be as large as its endpoint says, beside path parameters too', async () => {
  const name = 'n'.repeat(2 * 1024 * 1024);
  expect(await client.rename({ id: 'big', name })).toEqual({ id: 'big', length: name.length });
  await expect(client.rename({ id: 'big', name: name + name })).rejects.toMatchObject({
    code: 'payload_too_large',
  });
});

test('OpenAPI says that the answer is lines of JSON', async () => {
  const { paths } = (await app.inject({ method: 'GET', url: '/openapi.json' })).json();
  expect(Object.keys(paths['/count'].post.responses['200'].content)).toEqual(['application/x-ndjson']);
});
