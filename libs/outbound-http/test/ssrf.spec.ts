import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { DnsServer, FakeSite } from '@torale/testing';
import { createFilteringProxy, createOutboundHttp, OutboundError, outboundHttpConfig } from '../src/index.ts';
import { ssrfPayloads, type SsrfPayload } from './ssrf-payloads.ts';

/** The one address of these tests that may be connected to: what is public elsewhere. */
const publicAddress = '127.0.0.9';

let secret: FakeSite;
let publicSite: FakeSite;
let dns: DnsServer;
/** Stands for a proxy of any kind; nobody may even connect to it. */
let proxy: Server;
let proxyConnections = 0;
let config: ReturnType<typeof configOf>;

const configOf = (environment: Record<string, string> = {}) =>
  outboundHttpConfig.schema.parse({
    OUTBOUND_ALLOW_CIDRS: publicAddress,
    OUTBOUND_DNS_SERVERS: dns.address,
    ...environment,
  });
const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  [secret, publicSite, dns] = await Promise.all([
    FakeSite.start(),
    FakeSite.start(publicAddress),
    DnsServer.start(),
  ]);
  proxy = createServer((socket) => {
    proxyConnections++;
    socket.destroy();
  }).listen(0, publicAddress);
  await once(proxy, 'listening');
  config = configOf();
});
afterAll(async () => {
  dns.close();
  proxy.close();
  await Promise.all([secret.close(), publicSite.close()]);
});
beforeEach(() => {
  proxyConnections = 0;
  dns.set('example.com', [publicAddress]);
});
afterEach(() => {
  expect(secret.requests).toEqual([]);
});

/** The URL with the port of the secret, and the DNS server set up for it. */
function prepare({ url, dns: answers }: SsrfPayload): string {
  const text = url.replace(/:0(?=[/\\?#])/, `:${secret.port}`);
  const host = URL.parse(text)?.hostname.replace(/\.$/, '');
  if (host) dns.set(host, ...(answers ?? [[publicAddress]]));
  return text;
}

const outcomeOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(
    () => 'let through',
    (reason: unknown) => reason,
  );
  return error instanceof OutboundError ? error.outcome : String(error);
};

/** In a Location header `http:host` is a path. */
const isAbsolute = (url: string) => /^\s*[a-z+-]+:/i.test(url) && !/^\s*http:\/?[^/\\]/i.test(url);

describe.each(Object.entries(ssrfPayloads))('%s', (_what, payloads) => {
  const isRebinding = (payload: SsrfPayload) => (payload.dns?.length ?? 0) > 1;

  test.each(payloads)('$url: fetched', async (payload) => {
    const url = prepare(payload);
    const http = createOutboundHttp(config);
    // What a name that changes its mind is to begin with, it may be filed as.
    for (let asked = 1; asked < (payload.dns?.length ?? 1); asked++) await http.assertAllowed(url);
    expect(await outcomeOf(http.fetch({ url }))).toBe(payload.outcome);
    if (!isRebinding(payload)) expect(await outcomeOf(http.assertAllowed(url))).toBe(payload.outcome);
  });

  test.each(payloads.filter(({ url }) => isAbsolute(url)))(
    '$url: at the end of redirects',
    async (payload) => {
      const url = prepare({ ...payload, ...(payload.dns && { dns: [payload.dns.at(-1)!] }) });
      // Header values are bytes.
      const location = Buffer.from(url.trim().replace(/[\n\t]/g, '')).toString('latin1');
      publicSite.set('/1', { status: 302, headers: { location: '/2' } });
      publicSite.set('/2', { status: 308, headers: { location: `http://example.com:${publicSite.port}/3` } });
      publicSite.set('/3', { status: 307, headers: { location } });
      const outcome = await outcomeOf(createOutboundHttp(config).fetch({ url: `${publicSite.url}/1` }));
      // In a header a host outside of ASCII is read as other characters, and does not resolve.
      const expected = /^[\x20-\x7e]*$/.test(url)
        ? [payload.outcome]
        : ['address_refused', 'dns_error', 'unsupported'];
      expect(expected).toContain(outcome);
    },
  );

  test.each(payloads)('$url: through proxies, which are not told', async (payload) => {
    const answers = payload.dns && { dns: [payload.dns.at(-1)!] };
    for (const scheme of ['http', 'socks5']) {
      const url = prepare({ ...payload, ...answers });
      const proxyUrl = `${scheme}://${publicAddress}:${portOf(proxy)}`;
      const byConfiguration = createOutboundHttp(configOf({ OUTBOUND_PROXY_URL: proxyUrl }));
      expect(await outcomeOf(byConfiguration.fetch({ url }))).toBe(payload.outcome);
      const http = createOutboundHttp(config);
      expect(await outcomeOf(http.fetch({ url, proxy: proxyUrl }))).toBe(payload.outcome);
    }
    expect(proxyConnections).toBe(0);
  });

  test.each(payloads.filter(({ url }) => !URL.parse(url)?.username && !URL.parse(url)?.password))(
    '$url: as the address of a proxy',
    async (payload) => {
      const url = prepare({ ...payload, ...(payload.dns && { dns: [payload.dns.at(-1)!] }) });
      const outcome = await outcomeOf(createOutboundHttp(config).fetch({ url: publicSite.url, proxy: url }));
      expect(['address_refused', 'unsupported']).toContain(outcome);
    },
  );

  test.each(payloads)('$url: asked of the proxy for browsers', async (payload) => {
    const url = prepare({ ...payload, ...(payload.dns && { dns: [payload.dns.at(-1)!] }) });
    const filtering = await createFilteringProxy(config);
    try {
      const target = encodeURI(url.trim().replace(/[\n\t]/g, ''));
      const parsed = URL.parse(url);
      const requests = [`GET ${target || '/'} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`];
      if (parsed?.host) {
        const authority = parsed.port === '' ? `${parsed.hostname}:443` : parsed.host;
        if (!parsed.username && !parsed.password)
          requests.push(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n\r\n`);
      }
      for (const request of requests) {
        const answer = await ask(filtering.url, request);
        // 400: not even a request.
        expect(answer).toMatch(/^HTTP\/1\.1 (403|400) /);
      }
    } finally {
      await filtering.close();
    }
  });
});

async function ask(proxyUrl: string, request: string): Promise<string> {
  const socket = connect(Number(new URL(proxyUrl).port), '127.0.0.1');
  socket.write(request);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return chunk.toString();
}

test('the table holds more than a hundred payloads, each of them once', () => {
  const urls = Object.values(ssrfPayloads)
    .flat()
    .map(({ url }) => url);
  expect(new Set(urls).size).toBe(urls.length);
  expect(urls.length).toBeGreaterThanOrEqual(100);
});
