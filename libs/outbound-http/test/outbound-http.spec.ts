import { readFile } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { setImmediate } from 'node:timers/promises';
import { Test } from '@nestjs/testing';
import { Global, Module } from '@nestjs/common';
import { FakeSite } from '@torale/testing';
import {
  createOutboundHttp,
  OUTBOUND_HTTP,
  outboundHttpConfig,
  OutboundError,
  OutboundHttpModule,
  type OutboundHttp,
  type OutboundRequest,
} from '../src/index.ts';

const environment = {
  OUTBOUND_ALLOW_CIDRS: '127.0.0.1',
  OUTBOUND_MAX_BYTES: '1000000',
};
const config = outboundHttpConfig.schema.parse(environment);

let site: FakeSite;
let http: OutboundHttp;
beforeEach(async () => {
  site = await FakeSite.start();
  http = createOutboundHttp(config);
});
afterEach(() => site.close());

const failure = async (request: OutboundRequest): Promise<OutboundError> => {
  const error: unknown = await http.fetch(request).then(
    (response) => `answered ${response.status}`,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OutboundError);
  return error as OutboundError;
};

describe('responses', () => {
  test('any status is a response, with headers in lower case and the body byte for byte', async () => {
    const body = Buffer.from([0x7b, 0xff, 0x00, 0xe9]);
    site.set('/gone', {
      status: 404,
      headers: { 'X-Why': 'gone', 'Content-Type': 'application/json' },
      body,
    });
    const response = await http.fetch({ url: `${site.url}/gone#part` });
    expect(response).toMatchObject({ status: 404, url: `${site.url}/gone`, headers: { 'x-why': 'gone' } });
    expect(response.body.equals(body)).toBe(true);
  });

  test('says who is asking, unless the caller says otherwise', async () => {
    site.set('/', {});
    await http.fetch({ url: site.url });
    await http.fetch({ url: site.url, headers: { 'User-Agent': 'Other/1', 'if-none-match': '"a"' } });
    expect(site.requests[0]!.headers['user-agent']).toMatch(/Torale.*\+https:\/\//);
    expect(site.requests[1]!.headers).toMatchObject({ 'user-agent': 'Other/1', 'if-none-match': '"a"' });
  });

  test('a posted body arrives as it was given', async () => {
    site.set('/hook', { status: 202 });
    const body = '{ "a":  1 }\n';
    await http.fetch({
      url: `${site.url}/hook`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(site.requests[0]!.body.toString()).toBe(body);
  });

  test('connections are kept for the next request', async () => {
    const ports = new Set<number | undefined>();
    site.set('/', (_request, response) => {
      ports.add(response.socket?.remotePort);
      return { body: 'x' };
    });
    for (let i = 0; i < 3; i++) {
      await http.fetch({ url: site.url });
      await setImmediate();
    }
    expect(ports.size).toBe(1);
  });

  test.each([
    ['gzip', gzipSync('text')],
    ['deflate', deflateSync('text')],
    ['br', brotliCompressSync('text')],
    ['zstd', zstdCompressSync('text')],
    ['identity', Buffer.from('text')],
  ])('%s is decoded', async (encoding, body) => {
    site.set('/', { headers: { 'content-encoding': encoding }, body });
    expect((await http.fetch({ url: site.url })).body.toString()).toBe('text');
  });

  test.each(['gzip, gzip', 'gzip,br', 'rot13'])('%s is refused', async (encoding) => {
    site.set('/', { headers: { 'content-encoding': encoding }, body: gzipSync(gzipSync('text')) });
    expect((await failure({ url: site.url })).outcome).toBe('unsupported');
  });

  test('a proxy of the environment is not used', async () => {
    site.set('/', { body: 'direct' });
    process.env['HTTP_PROXY'] = process.env['http_proxy'] = 'http://127.0.0.1:1';
    try {
      expect((await http.fetch({ url: site.url })).body.toString()).toBe('direct');
    } finally {
      delete process.env['HTTP_PROXY'];
      delete process.env['http_proxy'];
    }
  });
});

describe('redirects', () => {
  const redirect = (status: number, location: string) => ({ status, headers: { location } });

  test('are followed, relative ones too, and the last URL is told', async () => {
    site.set('/a', redirect(301, 'b?x=1'));
    site.set('/b', redirect(308, '/c'));
    site.set('/c', { body: 'end' });
    const response = await http.fetch({ url: `${site.url}/a` });
    expect(response).toMatchObject({ status: 200, url: `${site.url}/c` });
  });

  test('0 gives the redirect itself', async () => {
    site.set('/a', redirect(302, '/b'));
    const response = await http.fetch({ url: `${site.url}/a`, max_redirects: 0 });
    expect(response).toMatchObject({ status: 302, headers: { location: '/b' } });
    expect(site.requests).toHaveLength(1);
  });

  test('a loop ends as too_many_redirects', async () => {
    site.set('/a', redirect(302, '/b'));
    site.set('/b', redirect(302, '/a'));
    expect((await failure({ url: `${site.url}/a`, max_redirects: 4 })).outcome).toBe('too_many_redirects');
    expect(site.requests).toHaveLength(5);
  });

  test.each([
    ['http://127.0.0.2/', 'address_refused'],
    ['http://169.254.169.254/latest/meta-data/', 'address_refused'],
    ['http://[::ffff:10.0.0.1]/', 'address_refused'],
    ['http://user:password@127.0.0.1/', 'address_refused'],
    ['//2130706434/', 'address_refused'],
    ['file:///etc/passwd', 'unsupported'],
    ['http://', 'unsupported'],
  ])('to %s is %s', async (location, outcome) => {
    site.set('/a', redirect(302, location));
    expect((await failure({ url: `${site.url}/a` })).outcome).toBe(outcome);
  });

  test('secrets stay with their origin', async () => {
    const other = await FakeSite.start();
    try {
      site.set('/a', redirect(307, '/b'));
      site.set('/b', redirect(307, `${other.url}/c`));
      other.set('/c', {});
      const headers = {
        Authorization: 'Bearer x',
        cookie: 'a=1',
        'X-API-Key': 'k',
        'x-tenant-secret': 's',
        accept: 'text/x-kept',
      };
      await http.fetch({ url: `${site.url}/a`, headers });
      expect(site.requests[1]!.headers).toMatchObject({
        authorization: 'Bearer x',
        cookie: 'a=1',
        'x-api-key': 'k',
      });
      const passedOn = other.requests[0]!.headers;
      expect(passedOn['accept']).toBe('text/x-kept');
      for (const name of ['authorization', 'cookie', 'x-api-key', 'x-tenant-secret'])
        expect(passedOn).not.toHaveProperty(name);
    } finally {
      await other.close();
    }
  });

  test.each([
    [303, 'GET', ''],
    [302, 'GET', ''],
    [307, 'POST', 'body'],
  ])('a POST answered by %i goes on as %s', async (status, method, body) => {
    site.set('/a', redirect(status, '/b'));
    site.set('/b', {});
    await http.fetch({
      url: `${site.url}/a`,
      method: 'POST',
      headers: { 'content-type': 'text/x' },
      body: 'body',
    });
    expect(site.requests[1]!.method).toBe(method);
    expect(site.requests[1]!.body.toString()).toBe(body);
    expect(site.requests[1]!.headers['content-type']).toBe(method === 'POST' ? 'text/x' : undefined);
  });
});

describe('failures', () => {
  test('a name that does not resolve', async () => {
    const error = await failure({ url: 'http://does-not-exist.invalid/' });
    expect(error).toMatchObject({
      outcome: 'dns_error',
      message: 'The name does-not-exist.invalid does not resolve',
    });
  });

  test('a closed port', async () => {
    // On an address of its own, where nobody else takes the port meanwhile.
    const closed = await FakeSite.start('127.0.0.77');
    const { url } = closed;
    await closed.close();
    http = createOutboundHttp(outboundHttpConfig.schema.parse({ OUTBOUND_ALLOW_CIDRS: '127.0.0.77' }));
    expect((await failure({ url })).outcome).toBe('connection_error');
  });

  test('a connection that is cut before the end of the body', async () => {
    site.set('/', (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    expect((await failure({ url: site.url })).outcome).toBe('connection_error');
  });

  test('an answer that is not HTTP', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const error = await failure({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
    expect(error.outcome).toBe('connection_error');
    server.close();
  });

  test('a certificate nobody vouches for', async () => {
    const [key, cert] = await Promise.all(
      ['self-signed.key.pem', 'self-signed.cert.pem'].map((file) => readFile(new URL(file, import.meta.url))),
    );
    const server = createTlsServer({ key, cert }, (_request, response) => response.end()).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const error = await failure({ url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/` });
    expect(error.outcome).toBe('tls_error');
    server.close();
  });

  test('https where plain http is spoken', async () => {
    expect((await failure({ url: site.url.replace('http:', 'https:') })).outcome).toBe('tls_error');
  });

  test('no headers in time', async () => {
    site.set('/', () => undefined);
    const started = performance.now();
    expect((await failure({ url: site.url, timeout_ms: 200 })).outcome).toBe('timeout');
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('a slow drip that never falls silent', async () => {
    site.set('/', (_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const started = performance.now();
    expect((await failure({ url: site.url, timeout_ms: 300 })).outcome).toBe('timeout');
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('the time is for the whole chain of redirects', async () => {
    site.set('/', async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return { status: 302, headers: { location: '/' } };
    });
    expect((await failure({ url: site.url, timeout_ms: 400 })).outcome).toBe('timeout');
  });

  test('a caller who gives up', async () => {
    site.set('/', () => undefined);
    const error = await failure({ url: site.url, signal: AbortSignal.timeout(100) });
    expect(error.outcome).toBe('timeout');
  });

  test('a body beyond the limit, declared or not', async () => {
    site.set('/declared', { body: 'x'.repeat(2000) });
    site.set('/chunked', (_request, response) => {
      response.write('x'.repeat(1500));
      response.end('x'.repeat(1500));
    });
    for (const path of ['/declared', '/chunked']) {
      expect((await failure({ url: site.url + path, max_bytes: 1000 })).outcome).toBe('too_large');
    }
    expect((await http.fetch({ url: `${site.url}/declared`, max_bytes: 2000 })).body).toHaveLength(2000);
  });
});

test('the module gives the door to every other module', async () => {
  @Global()
  @Module({
    providers: [{ provide: outboundHttpConfig.token, useValue: config }],
    exports: [outboundHttpConfig.token],
  })
  class ConfigModule {}
  const module = await Test.createTestingModule({ imports: [ConfigModule, OutboundHttpModule] }).compile();
  site.set('/', { body: 'through the door' });
  const door = module.get<OutboundHttp>(OUTBOUND_HTTP);
  expect((await door.fetch({ url: site.url })).body.toString()).toBe('through the door');
  await module.close();
});
