import type { LookupAddress } from 'node:dns';
import { FakeSite } from '@torale/testing';
import { createOutboundHttp, outboundHttpConfig, type ResolveName } from '../src/index.ts';

const config = (allow = '') => outboundHttpConfig.schema.parse({ OUTBOUND_ALLOW_CIDRS: allow });
const addressesOf = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

let site: FakeSite;
beforeAll(async () => {
  site = await FakeSite.start();
  site.set('/', { body: 'secret' });
});
afterAll(() => site.close());

/** `:0` in these payloads stands for the port of a server that listens on 127.0.0.1 and must hear nothing. */
const payloads: Record<string, string[]> = {
  'loopback, plainly': [
    'http://127.0.0.1:0/',
    'http://127.0.0.2:0/',
    'http://127.1.2.3:0/',
    'http://127.255.255.254:0/',
    'http://localhost:0/',
    'http://LOCALHOST:0/',
    'http://localhost.:0/',
    'http://[::1]:0/',
    'http://[0:0:0:0:0:0:0:1]:0/',
    'https://127.0.0.1:0/',
  ],
  'loopback in other spellings of IPv4': [
    'http://2130706433:0/',
    'http://2130706434:0/',
    'http://0x7f000001:0/',
    'http://0x7f.1:0/',
    'http://0x7f.2:0/',
    'http://0x7f.0x0.0x0.0x1:0/',
    'http://0177.0.0.1:0/',
    'http://0177.0.0.01:0/',
    'http://017700000001:0/',
    'http://127.1:0/',
    'http://127.0.1:0/',
    'http://127.0.0.1.:0/',
    'http://127.0.0.0x1:0/',
    'http://①②⑦.⓪.⓪.①:0/',
    'http://127。0。0。1:0/',
    'http://127%2e0%2e0%2e1:0/',
    'http://%31%32%37.0.0.1:0/',
  ],
  'IPv4 inside IPv6': [
    'http://[::ffff:127.0.0.1]:0/',
    'http://[::ffff:127.0.0.2]:0/',
    'http://[::ffff:7f00:1]:0/',
    'http://[::127.0.0.1]:0/',
    'http://[::ffff:0:127.0.0.1]:0/',
    'http://[64:ff9b::7f00:1]:0/',
    'http://[64:ff9b:1::7f00:1]:0/',
    'http://[2002:7f00:1::]:0/',
    'http://[2001:0:7f00:1::]:0/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:10.0.0.1]/',
  ],
  'nowhere and everywhere': [
    'http://0.0.0.0:0/',
    'http://0:0/',
    'http://0.1.2.3:0/',
    'http://[::]:0/',
    'http://255.255.255.255/',
    'http://224.0.0.1/',
    'http://240.0.0.1/',
    'http://[ff02::1]/',
  ],
  'private networks': [
    'http://10.0.0.1/',
    'http://10.255.255.255/',
    'http://172.16.0.1/',
    'http://172.31.255.254/',
    'http://192.168.0.1/',
    'http://192.168.1.1:8080/',
    'http://100.64.0.1/',
    'http://198.18.0.1/',
    'http://192.0.2.1/',
    'http://[fc00::1]/',
    'http://[fd12:3456:789a::1]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[2001:db8::1]/',
    'http://[4000::1]/',
  ],
  'metadata services of clouds': [
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://169.254.170.2/v2/credentials',
    'http://169.254.0.1/',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://[fd20:ce::254]/computeMetadata/v1/',
    'http://100.100.100.200/latest/meta-data/',
    'http://192.0.0.192/opc/v1/instance/',
    'http://168.63.129.16/machine?comp=goalstate',
    'http://0xa83f8110/',
  ],
  'user names that look like hosts': [
    'http://example.com@127.0.0.1:0/',
    'http://example.com:80@127.0.0.1:0/',
    'http://user:password@example.com/',
    'http://example.com%2f@127.0.0.1:0/',
    'http://127.0.0.1:0\\@example.com/',
    'http://example.com#@127.0.0.1:0/../@127.0.0.1/',
  ],
  'ports that do not speak HTTP': [
    'http://example.com:25/',
    'http://example.com:22/',
    'http://example.com:6667/',
  ],
};

/** Refused by scheme, or not a URL at all. */
const unsupported = [
  'file:///etc/passwd',
  'ftp://127.0.0.1/',
  'gopher://127.0.0.1:6379/_INFO',
  'dict://127.0.0.1:11211/stats',
  'data:text/html,hello',
  'javascript:alert(1)',
  'ws://127.0.0.1/',
  'unix:/var/run/docker.sock',
  'blob:http://127.0.0.1/1',
  'http://',
  'http://[::1%25lo]/',
  'http://127.0.0.1:99999/',
  '//127.0.0.1/',
  'not a url',
  '',
];

describe.each(Object.entries(payloads))('%s', (_name, urls) => {
  test.each(urls)('%s is refused', async (payload) => {
    const url = payload.replace(/:0(?=[/\\])/, `:${site.port}`);
    // Example.com stands for a public site: only what leads elsewhere may be what refuses the URL.
    const http = createOutboundHttp(config(), async (name) =>
      name.startsWith('localhost') ? addressesOf('::1', '127.0.0.1') : addressesOf('0.0.0.0'),
    );
    await expect(http.fetch({ url, timeout_ms: 2000 })).rejects.toMatchObject({ outcome: 'address_refused' });
    await expect(http.assertAllowed(url)).rejects.toMatchObject({ outcome: 'address_refused' });
    expect(site.requests).toHaveLength(0);
  });
});

test.each(unsupported)('"%s" is not supported', async (url) => {
  const http = createOutboundHttp(config());
  await expect(http.fetch({ url })).rejects.toMatchObject({ outcome: 'unsupported' });
  await expect(http.assertAllowed(url)).rejects.toMatchObject({ outcome: 'unsupported' });
});

test('the table holds at least sixty payloads, each of them once', () => {
  const all = [...Object.values(payloads).flat(), ...unsupported];
  expect(new Set(all).size).toBe(all.length);
  expect(all.length).toBeGreaterThanOrEqual(60);
});

describe('names', () => {
  const names: Record<string, LookupAddress[]> = {
    'loopback.test': addressesOf('127.0.0.1'),
    'loopback6.test': addressesOf('::1'),
    'mapped.test': addressesOf('::ffff:127.0.0.1'),
    'metadata.test': addressesOf('169.254.169.254'),
    'azure.test': addressesOf('168.63.129.16'),
    'private.test': addressesOf('10.0.0.1', '192.168.0.1', 'fd00::1'),
  };

  test.each(Object.entries(names))('%s is refused by the address it resolves to', async (name, addresses) => {
    const http = createOutboundHttp(config(), async () => addresses);
    const url = `http://${name}:${site.port}/`;
    await expect(http.fetch({ url })).rejects.toMatchObject({ outcome: 'address_refused' });
    await expect(http.assertAllowed(url)).rejects.toMatchObject({ outcome: 'address_refused' });
    expect(site.requests).toHaveLength(0);
  });

  test('the system resolver says where localhost is', async () => {
    const http = createOutboundHttp(config());
    await expect(http.fetch({ url: `http://localhost:${site.port}/` })).rejects.toMatchObject({
      outcome: 'address_refused',
    });
  });

  test('a name that does not resolve may be filed, and fails when fetched', async () => {
    const http = createOutboundHttp(config());
    await expect(http.assertAllowed('http://does-not-exist.invalid/')).resolves.toBeUndefined();
    await expect(http.fetch({ url: 'http://does-not-exist.invalid/' })).rejects.toMatchObject({
      outcome: 'dns_error',
    });
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
});

describe('rebinding', () => {
  let other: FakeSite;
  beforeAll(async () => {
    other = await FakeSite.start('127.0.0.2');
    other.set('/', { body: 'private' });
  });
  afterAll(() => other.close());

  /** Answers each question with the next of the answers, then with the last for ever. */
  const answering = (answers: LookupAddress[][]): ResolveName => {
    let asked = 0;
    return async () => answers[Math.min(asked++, answers.length - 1)]!;
  };

  test('a name that turns private between check and fetch reaches nothing', async () => {
    const http = createOutboundHttp(
      config('127.0.0.1/32'),
      answering([addressesOf('127.0.0.1'), addressesOf('127.0.0.2')]),
    );
    const url = `http://rebind.test:${other.port}/`;
    await expect(http.assertAllowed(url)).resolves.toBeUndefined();
    await expect(http.fetch({ url })).rejects.toMatchObject({ outcome: 'address_refused' });
    expect(other.requests).toHaveLength(0);
  });

  test('one fetch asks once, so the address checked is the address connected to', async () => {
    let asked = 0;
    const http = createOutboundHttp(config('127.0.0.1/32'), async () => {
      asked++;
      return addressesOf(asked === 1 ? '127.0.0.1' : '127.0.0.2');
    });
    const response = await http.fetch({ url: `http://rebind.test:${site.port}/` });
    expect(response.body.toString()).toBe('secret');
    expect(asked).toBe(1);
    site.requests.length = 0;
  });

  test('of a mixed answer only the permitted addresses are tried', async () => {
    const http = createOutboundHttp(config('127.0.0.1/32'), async () =>
      addressesOf('127.0.0.2', '127.0.0.1'),
    );
    await expect(http.fetch({ url: `http://mixed.test:${other.port}/` })).rejects.toMatchObject({
      outcome: 'connection_error',
    });
    expect(other.requests).toHaveLength(0);
  });

  test('a redirect is resolved and checked anew', async () => {
    site.set('/hop', { status: 302, headers: { location: `http://inner.test:${other.port}/` } });
    const http = createOutboundHttp(config('127.0.0.1/32'), async (name) =>
      addressesOf(name === 'inner.test' ? '127.0.0.2' : '127.0.0.1'),
    );
    await expect(http.fetch({ url: `http://outer.test:${site.port}/hop` })).rejects.toMatchObject({
      outcome: 'address_refused',
    });
    expect(other.requests).toHaveLength(0);
    site.requests.length = 0;
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
