import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  brotliCompressSync,
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
  constants,
  gzipSync,
} from 'node:zlib';
import { eventually, FakeSite } from '@torale/testing';
import { createOutboundHttp, OutboundError, outboundHttpConfig, type OutboundRequest } from '../src/index.ts';

const config = outboundHttpConfig.schema.parse({ OUTBOUND_ALLOW_CIDRS: '127.0.0.1' });
const http = createOutboundHttp(config);
let site: FakeSite;
beforeAll(async () => {
  site = await FakeSite.start();
});
afterAll(() => site.close());

const megabyte = 1_000_000;

/** How a fetch of `path` failed, after how long. */
async function failure(path: string, limits: Partial<OutboundRequest> = {}) {
  const started = performance.now();
  const error: unknown = await http.fetch({ url: site.url + path, ...limits }).then(
    ({ status, body }) => `answered ${status} with ${body.length} bytes`,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OutboundError);
  const { code, outcome } = error as OutboundError;
  return { code, outcome, ms: performance.now() - started };
}

/** A gigabyte of nothing, compressed as it is read; once, because that takes seconds. */
async function bomb(compress: NodeJS.ReadWriteStream): Promise<Buffer> {
  const piece = Buffer.alloc(megabyte);
  const chunks: Buffer[] = [];
  Readable.from(
    (function* () {
      for (let i = 0; i < 1000; i++) yield piece;
    })(),
  ).pipe(compress);
  for await (const chunk of compress) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Pieces of a body for as long as somebody listens. */
function drip(response: ServerResponse, piece: string | Buffer, everyMs: number): void {
  const timer = setInterval(() => response.write(piece), everyMs);
  response.once('close', () => clearInterval(timer));
}

describe('sizes', () => {
  let rssBefore: number;
  beforeAll(() => {
    rssBefore = process.memoryUsage.rss();
  });

  test.each([
    ['gzip', () => createGzip({ level: 9 })],
    ['deflate', () => createDeflate({ level: 9 })],
    ['br', () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })],
    ['zstd', () => createZstdCompress()],
  ])(
    'a %s bomb of a gigabyte stops at the limit',
    async (encoding, compressor) => {
      const body = await bomb(compressor());
      site.set('/bomb', { headers: { 'content-encoding': encoding }, body });
      const before = process.memoryUsage.rss();
      const { code, outcome, ms } = await failure('/bomb');
      const after = process.memoryUsage.rss();
      console.log(
        `${encoding}: ${Math.round(body.length / 1000)} KB on the wire stopped in ${ms.toFixed(0)} ms; ` +
          `RSS ${Math.round(before / megabyte)} → ${Math.round(after / megabyte)} MB`,
      );
      expect([code, outcome]).toEqual(['body_too_large', 'too_large']);
      expect(ms).toBeLessThan(10_000);
      expect(after - before).toBeLessThan(60 * megabyte);
    },
    180_000,
  );

  test('10 KB of gzip in gzip in gzip is refused unopened', async () => {
    let body = gzipSync(Buffer.alloc(10 * megabyte), { level: 9 });
    for (let i = 0; i < 2; i++) body = gzipSync(body, { level: 9 });
    expect(body.length).toBeLessThan(10_000);
    site.set('/stacked', { headers: { 'content-encoding': 'gzip, gzip, gzip' }, body });
    expect((await failure('/stacked')).code).toBe('unsupported');
  });

  test('an endless body stops at the limit, compressed or not', async () => {
    const noise = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 2_654_435_761) >>> 13));
    const endless = (headers: Record<string, string>) => (_: unknown, response: ServerResponse) => {
      response.writeHead(200, headers);
      const source = Readable.from(
        (function* () {
          for (;;) yield noise;
        })(),
      );
      const stream = headers['content-encoding'] ? source.pipe(createGzip({ level: 0 })) : source;
      response.once('close', () => (source.destroy(), stream.destroy()));
      stream.pipe(response);
    };
    site.set('/endless', endless({}));
    site.set('/endless.gz', endless({ 'content-encoding': 'gzip' }));
    expect((await failure('/endless')).code).toBe('body_too_large');
    expect((await failure('/endless', { max_wire_bytes: megabyte })).code).toBe('wire_too_large');
    expect((await failure('/endless.gz', { max_wire_bytes: megabyte })).code).toBe('wire_too_large');
  });

  test('50 MB are refused by their declared length, before they arrive', async () => {
    let closed = false;
    site.set('/large', (_, response) => {
      response.writeHead(200, { 'content-length': String(50 * megabyte) });
      response.once('close', () => (closed = true));
      response.write('x');
    });
    expect((await failure('/large')).code).toBe('wire_too_large');
    await eventually('the end of the connection', async () => closed);
  });

  test('a body of exactly the limit is taken', async () => {
    site.set('/exact', { body: 'x'.repeat(1000) });
    site.set('/exact.br', {
      headers: { 'content-encoding': 'br' },
      body: brotliCompressSync('x'.repeat(1000)),
    });
    for (const path of ['/exact', '/exact.br']) {
      expect((await http.fetch({ url: site.url + path, max_bytes: 1000 })).body).toHaveLength(1000);
      expect((await failure(path, { max_bytes: 999 })).code).toBe('body_too_large');
    }
  });

  test('huge headers, one or many', async () => {
    site.set('/header', { headers: { 'x-huge': 'x'.repeat(100_000) } });
    site.set('/headers', {
      headers: Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`x-${i}`, 'x'.repeat(60)])),
    });
    site.set('/some', { headers: { 'x-some': 'x'.repeat(20_000) } });
    for (const path of ['/header', '/headers']) {
      expect(await failure(path)).toMatchObject({ code: 'headers_too_large', outcome: 'too_large' });
    }
    expect((await http.fetch({ url: `${site.url}/some` })).headers['x-some']).toHaveLength(20_000);
    expect((await failure('/some', { max_header_bytes: 16_384 })).code).toBe('headers_too_large');
  });

  afterAll(async () => {
    await sleep(500);
    console.log(
      `RSS before ${Math.round(rssBefore / megabyte)} MB, after ${Math.round(process.memoryUsage.rss() / megabyte)} MB`,
    );
  });
});

describe('times', () => {
  /** Speaks what a test makes it, byte by byte. */
  let server: Server;
  let speak: (socket: Socket) => void;
  const sockets = new Set<Socket>();
  const rawUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  beforeAll(async () => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      speak(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });

  test('no connection', async () => {
    // Documentation addresses lead nowhere; where they are refused at once there is nothing to wait for.
    const nowhere = createOutboundHttp(
      outboundHttpConfig.schema.parse({ OUTBOUND_ALLOW_CIDRS: '127.0.0.1' }),
      () => new Promise(() => undefined),
    );
    await expect(
      nowhere.fetch({ url: 'http://nowhere.test/', connect_timeout_ms: 150 }),
    ).rejects.toMatchObject({
      code: 'connect_timeout',
      outcome: 'timeout',
    });
  });

  test('no TLS', async () => {
    speak = () => undefined;
    await expect(
      http.fetch({ url: rawUrl().replace('http:', 'https:'), connect_timeout_ms: 150 }),
    ).rejects.toMatchObject({ code: 'connect_timeout' });
  });

  test('no headers', async () => {
    site.set('/silent', () => undefined);
    const { code, ms } = await failure('/silent', { headers_timeout_ms: 200 });
    expect(code).toBe('headers_timeout');
    // Not the 15 s of the configuration.
    expect(ms).toBeLessThan(10_000);
  });

  test('headers of one byte at a time', async () => {
    speak = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ');
      const timer = setInterval(() => socket.write('x'), 20);
      socket.once('close', () => clearInterval(timer));
    };
    await expect(http.fetch({ url: rawUrl(), headers_timeout_ms: 300 })).rejects.toMatchObject({
      code: expect.stringMatching(/^(headers|total)_timeout$/),
    });
  });

  test('a body that falls silent', async () => {
    site.set('/half', (_, response) => void response.writeHead(200).write('half'));
    const { code, ms } = await failure('/half', { idle_timeout_ms: 200 });
    expect(code).toBe('idle_timeout');
    // Not the 10 s of the configuration.
    expect(ms).toBeLessThan(8_000);
  });

  test('a body of one byte a second, which never falls silent', async () => {
    site.set('/slow', (_, response) => {
      response.writeHead(200);
      drip(response, '.', 1000);
    });
    const { code, ms } = await failure('/slow', { timeout_ms: 3000 });
    console.log(`one byte a second: ${code} after ${ms.toFixed(0)} ms of 3000`);
    expect(code).toBe('total_timeout');
    expect(ms).toBeGreaterThanOrEqual(2990);
    expect(ms).toBeLessThan(10_000);
  });

  test('an answer that is always about to come (100 Continue, early hints)', async () => {
    speak = (socket) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'), 20);
      socket.once('close', () => clearInterval(timer));
    };
    await expect(http.fetch({ url: rawUrl(), timeout_ms: 400 })).rejects.toMatchObject({
      outcome: 'timeout',
    });
  });

  test('waiting before an exchange takes nothing from its time', async () => {
    site.set('/quick', { body: 'x' });
    const response = await http.fetch({
      url: `${site.url}/quick`,
      timeout_ms: 2000,
      around_exchange: async (_url, exchange) => {
        await sleep(2100);
        return exchange();
      },
    });
    expect(response.status).toBe(200);
  });
});

test('every exchange is approached, and what refuses one ends the fetch', async () => {
  site.set('/a', { status: 302, headers: { location: '/b' } });
  site.set('/b', { body: 'b' });
  const seen: string[] = [];
  const approach = (limit: number) => ({
    around_exchange: async <T>(url: URL, exchange: () => Promise<T>) => {
      seen.push(url.pathname);
      if (seen.length > limit) throw new RangeError('enough');
      return exchange();
    },
  });
  await http.fetch({ url: `${site.url}/a`, ...approach(2) });
  expect(seen).toEqual(['/a', '/b']);
  await expect(http.fetch({ url: `${site.url}/a`, ...approach(3) })).rejects.toThrow(RangeError);
});

describe('what a caller may say', () => {
  test('cookies, a user agent, a method', async () => {
    site.set('/said', {});
    await http.fetch({
      url: `${site.url}/said`,
      method: 'PUT',
      body: 'x',
      headers: { Cookie: 'a=1' },
      cookies: { b: '2', c: '3' },
      user_agent: 'Mine/1',
    });
    const { method, headers } = site.requests.at(-1)!;
    expect(method).toBe('PUT');
    expect(headers).toMatchObject({ cookie: 'a=1; b=2; c=3', 'user-agent': 'Mine/1' });
  });

  test.each(['Host', 'content-length', 'Transfer-Encoding', 'connection', 'Proxy-Authorization', 'upgrade'])(
    'not the header %s',
    async (name) => {
      expect((await failure('/said', { headers: { [name]: '1' } })).code).toBe('unsupported');
    },
  );

  test.each([
    ['a value with a line break', { headers: { 'x-a': 'a\r\nx-b: b' } }],
    ['a name with a space', { headers: { 'x a': 'a' } }],
    ['a cookie with a line break', { cookies: { a: 'b\r\nc' } }],
  ])('nor %s', async (_what, request) => {
    const before = site.requests.length;
    expect((await failure('/said', request)).code).toBe('unsupported');
    expect(site.requests).toHaveLength(before);
  });
});
