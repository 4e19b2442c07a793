import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, request, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { DnsServer, eventually, FakeSite } from '@torale/testing';
import {
  createFilteringProxy,
  createOutboundHttp,
  outboundHttpConfig,
  type FilteringProxy,
  type OutboundError,
} from '../src/index.ts';

/** What a proxy was asked to connect to, `address:port`. */
let asked: string[];
let site: FakeSite;
let dns: DnsServer;
let httpProxy: Server;
let socksProxy: ReturnType<typeof createServer>;

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
const credentials = 'user:p%40ss';

beforeAll(async () => {
  [site, dns] = await Promise.all([FakeSite.start(), DnsServer.start()]);
  site.set('/', { body: 'through' });
  dns.set('site.test', ['127.0.0.1'], ['127.0.0.2']);

  httpProxy = createHttpServer().on('connect', ({ url, headers }, client: Socket) => {
    asked.push(url!);
    const expected = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    if (headers['proxy-authorization'] !== expected) {
      return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    }
    const server = connect(Number(new URL(`http://${url}`).port), new URL(`http://${url}`).hostname);
    server.once('connect', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(server).pipe(client);
    });
  });
  httpProxy.listen(0, '127.0.0.1');

  // SOCKS 5 (RFC 1928) as far as it is needed here: user name and password, CONNECT, IPv4.
  socksProxy = createServer((client) => {
    void (async () => {
      const next = async () => ((await once(client, 'data')) as [Buffer])[0];
      await next();
      client.write(Buffer.from([5, 2]));
      const login = await next();
      const isKnown = login.includes('user') && login.includes('p@ss');
      client.write(Buffer.from([1, isKnown ? 0 : 1]));
      if (!isKnown) return client.end();
      const command = await next();
      const [host, port] = [[...command.subarray(4, 8)].join('.'), command.readUInt16BE(8)];
      asked.push(`${command[3] === 1 ? host : 'a name'}:${port}`);
      const server = connect(port, host);
      await once(server, 'connect');
      client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      client.pipe(server).pipe(client);
      return undefined;
    })();
  }).listen(0, '127.0.0.1');
  await Promise.all([once(httpProxy, 'listening'), once(socksProxy, 'listening')]);
});
afterAll(async () => {
  dns.close();
  httpProxy.close();
  httpProxy.closeAllConnections();
  socksProxy.close();
  await site.close();
});
beforeEach(() => {
  asked = [];
  dns.set('site.test', ['127.0.0.1'], ['127.0.0.2']);
});

const configOf = (environment: Record<string, string> = {}) =>
  outboundHttpConfig.schema.parse({
    OUTBOUND_ALLOW_CIDRS: '127.0.0.1',
    OUTBOUND_DNS_SERVERS: dns.address,
    ...environment,
  });
const proxyUrls = () => ({
  http: `http://${credentials}@127.0.0.1:${portOf(httpProxy)}`,
  socks5: `socks5://${credentials}@127.0.0.1:${portOf(socksProxy)}`,
});

describe.each(['http', 'socks5'] as const)('a proxy of kind %s', (kind) => {
  test('is given the address that was checked, not the name', async () => {
    const http = createOutboundHttp(configOf());
    const response = await http.fetch({ url: `http://site.test:${site.port}/`, proxy: proxyUrls()[kind] });
    expect(response.body.toString()).toBe('through');
    expect(asked).toEqual([`127.0.0.1:${site.port}`]);
    expect(dns.asked('site.test')).toBe(1);
    expect(site.requests.at(-1)!.headers.host).toBe(`site.test:${site.port}`);
  });

  test('of the configuration is used for every request, wherever it is', async () => {
    const far = await FakeSite.start('127.0.0.9');
    far.set('/', { body: 'far' });
    const http = createOutboundHttp(
      configOf({ OUTBOUND_ALLOW_CIDRS: '127.0.0.9', OUTBOUND_PROXY_URL: proxyUrls()[kind] }),
    );
    expect((await http.fetch({ url: `${far.url}/` })).body.toString()).toBe('far');
    expect(asked).toEqual([`127.0.0.9:${far.port}`]);
    await far.close();
  });

  test('of a user has to be at a public address', async () => {
    const http = createOutboundHttp(configOf({ OUTBOUND_ALLOW_CIDRS: '127.0.0.9' }));
    await expect(http.fetch({ url: 'http://127.0.0.9/', proxy: proxyUrls()[kind] })).rejects.toMatchObject({
      outcome: 'address_refused',
      message: '127.0.0.1 is not a public address',
    });
    expect(asked).toEqual([]);
  });

  test('that does not know the user ends as proxy_error, without the password in its message', async () => {
    const http = createOutboundHttp(configOf());
    const proxy = proxyUrls()[kind].replace('p%40ss', 'wr0ng');
    const error = await http.fetch({ url: `${site.url}/`, proxy }).catch((reason: OutboundError) => reason);
    expect(error).toMatchObject({ code: 'proxy_error', outcome: 'connection_error' });
    expect((error as OutboundError).message).not.toContain('wr0ng');
  });

  test('that is not there', async () => {
    const http = createOutboundHttp(configOf());
    await expect(
      http.fetch({ url: `${site.url}/`, proxy: `${kind}://127.0.0.1:1234` }),
    ).rejects.toMatchObject({
      code: 'proxy_error',
    });
  });

  test('that says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const http = createOutboundHttp(configOf());
    const proxy = `${kind}://127.0.0.1:${portOf(silent)}`;
    await expect(http.fetch({ url: `${site.url}/`, proxy, connect_timeout_ms: 150 })).rejects.toMatchObject({
      code: 'connect_timeout',
    });
    silent.close();
  });
});

test('certificates are those of the site, also behind a proxy', async () => {
  const [key, cert] = await Promise.all(
    ['self-signed.key.pem', 'self-signed.cert.pem'].map((file) => readFile(new URL(file, import.meta.url))),
  );
  const secure = createTlsServer({ key, cert }, (_request, response) => response.end()).listen(
    0,
    '127.0.0.1',
  );
  await once(secure, 'listening');
  const http = createOutboundHttp(configOf());
  await expect(
    http.fetch({ url: `https://site.test:${portOf(secure)}/`, proxy: proxyUrls().http }),
  ).rejects.toMatchObject({ outcome: 'tls_error' });
  expect(asked).toEqual([`127.0.0.1:${portOf(secure)}`]);
  secure.close();
  secure.closeAllConnections();
});

test.each(['ftp://127.0.0.1/', 'socks4://127.0.0.1/', 'nowhere', '127.0.0.1:8080'])(
  'the proxy "%s" is refused at start',
  (value) => {
    const parsed = outboundHttpConfig.schema.safeParse({ OUTBOUND_PROXY_URL: value });
    expect(parsed.error?.issues[0]).toMatchObject({ path: ['OUTBOUND_PROXY_URL'] });
  },
);

describe('the proxy for browsers', () => {
  let proxy: FilteringProxy;
  const failures: [string, string][] = [];
  const start = async (environment: Record<string, string> = {}, upstream?: string) => {
    failures.length = 0;
    proxy = await createFilteringProxy(configOf(environment), {
      proxy: upstream,
      onFailure: (host, { outcome }) => failures.push([host, outcome]),
    });
  };
  afterEach(() => proxy.close());

  /** As browsers ask a proxy for plain http. */
  const get = async (url: string) => {
    const [response] = await once(
      request({
        host: '127.0.0.1',
        port: new URL(proxy.url).port,
        path: url,
        headers: { host: new URL(url).host },
      }).end(),
      'response',
    );
    response.setEncoding('utf8');
    let body = '';
    for await (const chunk of response) body += chunk;
    return { status: response.statusCode as number, headers: response.headers, body };
  };
  const tunnel = async (authority: string): Promise<[number, Socket]> => {
    const [{ statusCode }, socket] = await once(
      request({ host: '127.0.0.1', port: new URL(proxy.url).port, method: 'CONNECT', path: authority }).end(),
      'connect',
    );
    return [statusCode as number, socket as Socket];
  };

  test('forwards http to the address that it checked', async () => {
    await start();
    const { status, body } = await get(`http://site.test:${site.port}/`);
    expect([status, body]).toEqual([200, 'through']);
    expect(dns.asked('site.test')).toBe(1);
    expect(site.requests.at(-1)!.headers.host).toBe(`site.test:${site.port}`);
  });

  test('tunnels to the address that it checked', async () => {
    await start();
    const [status, socket] = await tunnel(`site.test:${site.port}`);
    expect(status).toBe(200);
    socket.write(`GET / HTTP/1.1\r\nhost: site.test\r\nconnection: close\r\n\r\n`);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1.1 200[\s\S]*through/);
    expect(dns.asked('site.test')).toBe(1);
  });

  test('says what it refused and what failed', async () => {
    await start();
    dns.set('private.test', ['10.0.0.1']);
    expect(await get('http://private.test/')).toMatchObject({
      status: 403,
      headers: { 'x-torale-outcome': 'address_refused' },
    });
    expect((await tunnel('[::1]:443'))[0]).toBe(403);
    expect((await get('http://missing.test/')).status).toBe(502);
    expect(failures).toEqual([
      ['private.test', 'address_refused'],
      ['::1', 'address_refused'],
      ['missing.test', 'dns_error'],
    ]);
  });

  test.each(['http', 'socks5'] as const)('goes on through a proxy of kind %s', async (kind) => {
    await start({}, proxyUrls()[kind]);
    expect((await get(`http://site.test:${site.port}/`)).body).toBe('through');
    expect(asked).toEqual([`127.0.0.1:${site.port}`]);
  });

  test('ends every connection when it is closed', async () => {
    await start();
    site.set('/silent', () => undefined);
    const [, socket] = await tunnel(`127.0.0.1:${site.port}`);
    const pending = get(`${site.url}/silent`).catch(({ code }: NodeJS.ErrnoException) => code);
    const ended = once(socket, 'close');
    socket.on('error', () => undefined).resume();
    await eventually('the request', async () => site.count('/silent') > 0);
    await proxy.close();
    await ended;
    expect(await pending).toBe('ECONNRESET');
    await start();
  });
});
