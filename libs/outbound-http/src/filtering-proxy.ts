import { promises as dns, type LookupAddress } from 'node:dns';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { connect, isIP, type AddressInfo, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isPermitted, type Cidr } from './address-policy.ts';
import { badPorts } from './bad-ports.ts';
import type { ResolveName } from './create-outbound-http.ts';
import { outboundErrorOf } from './failure.ts';
import { OutboundError } from './outbound-http.ts';

export interface FilteringProxyPolicy {
  /** Reachable although not public. */
  allowed: readonly Cidr[];
  /** The system's resolver when left out. */
  resolveName?: ResolveName;
  /** All that may come in through the proxy, bytes as on the wire. */
  max_bytes: number;
  /** From the request to an open connection, milliseconds. */
  connect_timeout_ms: number;
}

/** A forward proxy for one page of a browser: the gate for all that the page loads by itself. */
export interface FilteringProxy {
  /** `http://127.0.0.1:40123` */
  readonly url: string;
  /** Why the last connection to a host (a name or an address without brackets) failed, if it did. */
  failureOf(hostname: string): OutboundError | undefined;
  /** That more than `max_bytes` came in: since then nothing gets through. */
  readonly exhausted: boolean;
  /** Ends every connection at once. */
  close(): Promise<void>;
}

/** Belong to one connection, not to the message: RFC 9110, section 7.6.1. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Listens on a free loopback port. Plain HTTP is forwarded, CONNECT (https and both kinds of WebSockets) tunnelled; a
 * name is resolved once per connection, and the connection goes to the permitted addresses among those it resolved
 * to. What is refused or fails ends without an answer, so that no page reads the proxy's words as those of a site.
 */
export async function createFilteringProxy(policy: FilteringProxyPolicy): Promise<FilteringProxy> {
  const resolveName: ResolveName = policy.resolveName ?? ((hostname) => dns.lookup(hostname, { all: true }));
  const failures = new Map<string, OutboundError>();
  const sockets = new Set<Duplex>();
  let received = 0;

  const lookup: LookupFunction = (hostname, options, callback) => {
    resolveName(hostname).then(
      (addresses) => {
        const permitted = addresses.filter(({ address }) => isPermitted(address, policy.allowed));
        const [first] = permitted as [LookupAddress?];
        if (!first) callback(refused(`${hostname} has no public address`), '');
        else if (options.all) callback(null, permitted);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, ''),
    );
  };

  const assertPermitted = (hostname: string, port: number) => {
    if (badPorts.has(port)) throw refused(`Port ${port} is not one of the web`);
    if (isIP(hostname) !== 0 && !isPermitted(hostname, policy.allowed)) {
      throw refused(`${hostname} is not a public address`);
    }
  };

  const open = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const giveUp = setTimeout(
      () => socket.destroy(Object.assign(new Error('No connection in time'), { code: 'ETIMEDOUT' })),
      policy.connect_timeout_ms,
    );
    socket.once('connect', () => clearTimeout(giveUp)).once('close', () => clearTimeout(giveUp));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > policy.max_bytes) endAll();
    });
    return socket;
  };

  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };

  const fail = (hostname: string, error: unknown) => {
    failures.set(hostname, outboundErrorOf(error, hostname));
  };

  const agent = new Agent({ keepAlive: true });
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => open(createConnection(options, callback) as Socket);

  const server = createServer((incoming, response) => {
    const url = URL.parse(incoming.url ?? '');
    if (url?.protocol !== 'http:') return void response.destroy();
    const hostname = withoutBrackets(url.hostname);
    try {
      assertPermitted(hostname, Number(url.port || 80));
    } catch (error) {
      fail(hostname, error);
      return void response.destroy();
    }
    forward(incoming, response, url);
  });

  const forward = (incoming: IncomingMessage, response: ServerResponse, url: URL) => {
    const outgoing = httpRequest({
      agent,
      lookup,
      hostname: withoutBrackets(url.hostname),
      port: url.port || 80,
      method: incoming.method,
      path: url.pathname + url.search,
      headers: { ...endToEnd(incoming.headers), host: url.host },
    });
    outgoing.once('response', (answer) => {
      response.writeHead(answer.statusCode!, answer.statusMessage, endToEnd(answer.headers));
      answer.pipe(response);
      answer.once('error', () => response.destroy());
    });
    outgoing.once('error', (error) => {
      fail(withoutBrackets(url.hostname), error);
      response.destroy();
    });
    response.once('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  };

  server.on('connect', (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy());
    const target = URL.parse(`http://${incoming.url}`);
    if (!target || received > policy.max_bytes) return void client.destroy();
    // The URL leaves out what it takes for its own default port.
    const port = Number(target.port || 80);
    const hostname = withoutBrackets(target.hostname);
    try {
      assertPermitted(hostname, port);
    } catch (error) {
      fail(hostname, error);
      return void client.destroy();
    }
    const upstream = open(connect({ host: hostname, port, lookup }));
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) upstream.write(head);
      upstream.pipe(client);
      client.pipe(upstream);
    });
    upstream.once('error', (error) => fail(hostname, error));
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
  });

  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    failureOf: (hostname) => failures.get(hostname),
    get exhausted() {
      return received > policy.max_bytes;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      endAll();
      agent.destroy();
      await closed;
    },
  };
}

const refused = (message: string) => new OutboundError('address_refused', message);

const withoutBrackets = (hostname: string) => hostname.replace(/^\[|\]$/g, '');

function endToEnd(headers: IncomingMessage['headers']): OutgoingHttpHeaders {
  const named = new Set((headers.connection ?? '').toLowerCase().split(/\s*,\s*/));
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopByHop.has(name) && !named.has(name)),
  );
}
