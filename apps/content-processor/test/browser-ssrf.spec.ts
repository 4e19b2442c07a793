import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server } from 'node:http';
import type { RenderError } from '../src/render/renderer.ts';
import { DnsServer } from '@torale/testing';
import pLimit from 'p-limit';
import { browserPayloads } from './browser-ssrf-payloads.ts';
import { html, RendererFixture } from './renderer-fixture.ts';

/** A machine inside the network, on the port of the site, so that a name may be rebound to it. */
class Inside {
  /** Paths that were asked for; `tcp` and `udp` for what is no HTTP. */
  readonly heard: string[] = [];
  readonly #http: Server;
  readonly #udp: UdpSocket;

  private constructor() {
    this.#http = createServer((request, response) => {
      this.heard.push(request.url!);
      response
        .writeHead(200, { 'access-control-allow-origin': '*', 'content-type': 'text/html' })
        .end('secret');
    });
    this.#http.on('connection', (socket) =>
      socket.once('data', (data) => {
        if (data[0] === 0x16) this.heard.push('tls');
      }),
    );
    this.#http.on('upgrade', (request, socket) => {
      this.heard.push(request.url!);
      socket.destroy();
    });
    this.#udp = createSocket('udp4', () => this.heard.push('udp'));
  }

  static async start(port: number): Promise<Inside> {
    const inside = new Inside();
    await new Promise<void>((resolve) => inside.#http.listen(port, '127.0.0.2', resolve));
    await new Promise<void>((resolve) => inside.#udp.bind(port, '127.0.0.2', resolve));
    return inside;
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
    await new Promise<void>((resolve) => this.#udp.close(resolve));
  }
}

let dns: DnsServer;
let fixture: RendererFixture;
let inside: Inside;

async function start(allowed: string): Promise<void> {
  dns = await DnsServer.start();
  dns.set('private.test', ['127.0.0.2']);
  dns.set('public.test', ['127.0.0.1']);
  dns.set('rebind.test', ['127.0.0.1'], ['127.0.0.2']);
  fixture = await RendererFixture.start({
    OUTBOUND_ALLOW_CIDRS: allowed,
    OUTBOUND_DNS_SERVERS: dns.address,
    RENDER_CONCURRENCY: '4',
  });
  inside = await Inside.start(fixture.site.port);
  fixture.site.set('/redirect', ({ path }) => ({
    status: 302,
    headers: {
      location: decodeURIComponent(path.slice(path.indexOf('?') + 1)),
      'access-control-allow-origin': '*',
    },
  }));
}

async function stop(): Promise<void> {
  await fixture.close();
  await inside.close();
  dns.close();
}

/** Shows every payload with its target at `host`; resolves with how each page ended. */
async function showAll(host: string): Promise<Map<string, string>> {
  const inTurn = pLimit(4);
  const ends = await Promise.all(
    browserPayloads.map(({ name, body }, i) => {
      const target = new URL(`http://${host}:${fixture.site.port}/target-${i}-`);
      const show = () => fixture.show(`/page-${i}`, `<p>Page</p>${body(target)}`);
      return inTurn(async () => {
        const end = await show().then(
          ({ url }) => url,
          (error: RenderError) => error.outcome,
        );
        return [name, end] as const;
      });
    }),
  );
  return new Map(ends);
}

describe('the gate holds', () => {
  beforeAll(() => start('127.0.0.1'), 60_000);
  afterAll(stop);

  test.each([
    ['an address', '127.0.0.2'],
    ['a name', 'private.test'],
  ])(
    '%s inside hears nothing, whatever a page tries',
    async (_name, host) => {
      const ends = await showAll(host);
      expect(inside.heard).toEqual([]);
      for (const name of [
        'navigation',
        'meta refresh',
        'form',
        'redirect of the page',
        'link that is clicked',
      ]) {
        expect([name, ends.get(name)]).toEqual([name, 'address_refused']);
      }
      expect([...ends.values()].filter((end) => end === 'timeout')).toEqual([]);
    },
    120_000,
  );

  test('nor by other spellings and other private addresses', async () => {
    const spelled = [
      '2130706434',
      '0x7f.2',
      '0177.0.0.2',
      '127.2',
      '127.0.0.2.',
      '[::ffff:127.0.0.2]',
      '[::1]',
      '0.0.0.0',
      '169.254.169.254',
      '10.0.0.1',
      '[fd00::1]',
    ];
    for (const host of spelled) {
      const url = `http://${host}:${fixture.site.port}/spelled`;
      await expect(fixture.renderer.render({ url })).rejects.toMatchObject({ outcome: 'address_refused' });
    }
    await fixture.show(
      '/spelled',
      spelled.map((host) => `<iframe src="http://${host}:${fixture.site.port}/spelled"></iframe>`).join(''),
    );
    expect(inside.heard).toEqual([]);
  }, 60_000);

  test('a name that is rebound after the page was shown leads nowhere', async () => {
    fixture.site.set(
      '/rebind',
      html(`<p id="p">waiting</p><script>
      const ask = () => fetch('/secret?' + Math.random(), { cache: 'no-store' }).then((r) => r.text(), () => 'failed');
      Promise.all([ask(), ask(), ask(), ask(), ask(), ask(), ask(), ask()]).then((answers) => p.textContent = answers.join());
    </script>`),
    );
    const page = await fixture.renderer.render({ url: `http://rebind.test:${fixture.site.port}/rebind` });
    expect(dns.asked('rebind.test')).toBeGreaterThan(1);
    expect(page.html).toMatch(/<p id="p">(,|failed|rebind\.test has no public address)+<\/p>/);
    expect(inside.heard).toEqual([]);
  }, 30_000);
});

describe('where the address is allowed', () => {
  beforeAll(() => start('127.0.0.0/8'), 60_000);
  afterAll(stop);

  test('all of these pages do ask for it, so the gate is what holds them', async () => {
    await showAll('127.0.0.2');
    const silent = browserPayloads.filter(({ name }, i) => {
      const isTls = name.endsWith('over TLS');
      return !inside.heard.some((path) => (isTls ? path === 'tls' : path.startsWith(`/target-${i}-`)));
    });
    const neverAsked = browserPayloads.filter((payload) => payload.neverAsked);
    expect(silent.map(({ name }) => name)).toEqual(neverAsked.map(({ name }) => name));
    expect(inside.heard).not.toContain('udp');
  }, 120_000);
});
