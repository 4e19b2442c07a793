import type { LookupAddress } from 'node:dns';
import { DnsServer, FakeSite } from '@torale/testing';
import { createOutboundHttp, outboundHttpConfig } from '../src/index.ts';

let site: FakeSite;
let other: FakeSite;
let dns: DnsServer;
beforeAll(async () => {
  [site, other, dns] = await Promise.all([FakeSite.start(), FakeSite.start('127.0.0.2'), DnsServer.start()]);
  site.set('/', { body: 'secret' });
  other.set('/', { body: 'private' });
});
afterAll(async () => {
  dns.close();
  await Promise.all([site.close(), other.close()]);
});
beforeEach(() => {
  site.requests.length = 0;
  other.requests.length = 0;
});

const config = (OUTBOUND_ALLOW_CIDRS = '', environment = {}) =>
  outboundHttpConfig.schema.parse({ OUTBOUND_ALLOW_CIDRS, ...environment });
const dnsConfig = (allow = '') => config(allow, { OUTBOUND_DNS_SERVERS: dns.address });
const addressesOf = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

describe('names', () => {
  test('the system says where localhost is', async () => {
    const http = createOutboundHttp(config());
    await expect(http.fetch({ url: `http://localhost:${site.port}/` })).rejects.toMatchObject({
      outcome: 'address_refused',
    });
    expect(site.requests).toHaveLength(0);
  });

  test.each(['system', 'DNS server'])(
    'that do not resolve may be filed, and fail when fetched (%s)',
    async (by) => {
      const http = createOutboundHttp(by === 'system' ? config() : dnsConfig());
      await expect(http.assertAllowed('http://does-not-exist.invalid/')).resolves.toBeUndefined();
      await expect(http.fetch({ url: 'http://does-not-exist.invalid/' })).rejects.toMatchObject({
        outcome: 'dns_error',
      });
    },
  );

  test('that look like others are asked for, and named, as what they are', async () => {
    dns.set('xn--pple-43d.test', ['127.0.0.1']);
    const http = createOutboundHttp(dnsConfig('127.0.0.1'));
    const response = await http.fetch({ url: `http://\u0430pple.test:${site.port}/` });
    expect(response.url).toBe(`http://xn--pple-43d.test:${site.port}/`);
    expect(site.requests[0]!.headers.host).toBe(`xn--pple-43d.test:${site.port}`);
  });

  test('public addresses and names are allowed', async () => {
    const http = createOutboundHttp(config(), async () => addressesOf('93.184.216.34'));
    for (const url of [
      'http://example.com/',
      'http://8.8.8.8/',
      'http://[2606:4700::1111]:8443/',
      'http://1.1/',
    ]) {
      await expect(http.assertAllowed(url)).resolves.toBeUndefined();
    }
  });

  test('a DNS server that never answers ends as connect_timeout', async () => {
    const http = createOutboundHttp(config(), () => new Promise(() => undefined));
    await expect(http.fetch({ url: 'http://silent.test/', connect_timeout_ms: 100 })).rejects.toMatchObject({
      code: 'connect_timeout',
    });
  });
});

describe('rebinding', () => {
  test('one connection asks once, so the address checked is the address connected to', async () => {
    dns.set('rebind.test', ['127.0.0.1'], ['127.0.0.2']);
    const http = createOutboundHttp(dnsConfig('127.0.0.1'));
    const response = await http.fetch({ url: `http://rebind.test:${site.port}/` });
    expect(response.body.toString()).toBe('secret');
    expect(dns.asked('rebind.test')).toBe(1);
  });

  test('of a mixed answer only the permitted addresses are tried', async () => {
    dns.set('mixed.test', ['127.0.0.2', '127.0.0.1', '::1']);
    const http = createOutboundHttp(dnsConfig('127.0.0.1'));
    await expect(http.fetch({ url: `http://mixed.test:${other.port}/` })).rejects.toMatchObject({
      outcome: 'connection_error',
    });
    expect(other.requests).toHaveLength(0);
  });

  test('each redirect is resolved and checked anew', async () => {
    dns.set('inner.test', ['127.0.0.2']);
    dns.set('outer.test', ['127.0.0.1']);
    site.set('/hop', { status: 302, headers: { location: `http://inner.test:${other.port}/` } });
    const http = createOutboundHttp(dnsConfig('127.0.0.1'));
    await expect(http.fetch({ url: `http://outer.test:${site.port}/hop` })).rejects.toMatchObject({
      outcome: 'address_refused',
    });
    expect(other.requests).toHaveLength(0);
  });
});

describe('OUTBOUND_ALLOW_CIDRS', () => {
  test('opens the named range for literals and names, and only that range', async () => {
    const http = createOutboundHttp(config('127.0.0.0/8, fd00::/8'), async (name) =>
      addressesOf(name === 'lan.test' ? '10.0.0.1' : '127.0.0.1'),
    );
    const allowed = [
      'http://127.0.0.1/',
      'http://0x7f.2/',
      'http://[::ffff:127.0.0.2]/',
      'http://[fd00::1]/',
      'http://x.test/',
    ];
    for (const url of allowed) await expect(http.assertAllowed(url)).resolves.toBeUndefined();
    for (const url of ['http://10.0.0.1/', 'http://[::1]/', 'http://[fc00::1]/', 'http://lan.test/']) {
      await expect(http.assertAllowed(url)).rejects.toMatchObject({ outcome: 'address_refused' });
    }
    const response = await http.fetch({ url: `${site.url}/` });
    expect(response.body.toString()).toBe('secret');
  });

  test('takes single addresses', () => {
    expect(config('127.0.0.1,::1').OUTBOUND_ALLOW_CIDRS.map(([, prefix]) => prefix)).toEqual([32, 128]);
  });

  test.each(['localhost', '10.0.0.0/33', '10.0.0.0/8;127.0.0.1', '300.1.1.1/8', '::ffff:127.0.0.0/104'])(
    '"%s" is refused at start',
    (value) => {
      const parsed = outboundHttpConfig.schema.safeParse({ OUTBOUND_ALLOW_CIDRS: value });
      expect(parsed.error?.issues).toHaveLength(1);
      expect(parsed.error?.issues[0]).toMatchObject({ path: ['OUTBOUND_ALLOW_CIDRS'] });
    },
  );
});

test.each(['nowhere', '1.2.3.4:port', '1.2.3.4;5.6.7.8'])(
  'DNS servers "%s" are refused at start',
  (value) => {
    const parsed = outboundHttpConfig.schema.safeParse({ OUTBOUND_DNS_SERVERS: value });
    expect(parsed.error?.issues[0]).toMatchObject({ path: ['OUTBOUND_DNS_SERVERS'] });
  },
);
