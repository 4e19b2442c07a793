import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Duplex, pipeline, Transform } from 'node:stream';
import type { ConfigOf } from '@torale/contracts';
import { Agent } from 'undici';
import { createConnector } from './connector.ts';
import { outboundErrorOf } from './failure.ts';
import { Gate, withoutBrackets } from './gate.ts';
import { openSocket } from './open-socket.ts';
import type { outboundHttpConfig } from './outbound-http.config.ts';
import { OutboundError } from './outbound-http.ts';
import { resolverOf, type ResolveName } from './resolve-name.ts';

export interface FilteringProxyOptions {
  /** Goes on through this proxy, as OutboundRequest.proxy; the configured one when left out. */
  proxy?: string | undefined;
  /** All that may come in, bytes as on the wire; what is over fails. No limit when left out. */
  maxBytes?: number;
  /** The resolver of the configuration when left out. */
  resolveName?: ResolveName;
  /** Told of every request that did not get through, with the host it was for. */
  onFailure?(host: string, error: OutboundError): void;
}

export interface FilteringProxy {
  /** `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/** Of HTTP/1.1 connections, not of what travels on them. */
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
 * The outbound door for programs that open their own connections: a forward proxy (HTTP and CONNECT) on a free port
 * of 127.0.0.1 that resolves a name once, checks its addresses, and connects to one of those or answers 403. What
 * cannot be reached is answered with 502. Reveals in `x-torale-outcome` which failure it was.
 */
export async function createFilteringProxy(
  config: ConfigOf<typeof outboundHttpConfig>,
  {
    proxy,
    maxBytes = Infinity,
    resolveName = resolverOf(config.OUTBOUND_DNS_SERVERS),
    onFailure,
  }: FilteringProxyOptions = {},
): Promise<FilteringProxy> {
  const gate = new Gate(config.OUTBOUND_ALLOW_CIDRS, resolveName);
  const upstreamUrl = proxy ?? config.OUTBOUND_PROXY_URL;
  const upstream = upstreamUrl === undefined ? undefined : { url: upstreamUrl, trusted: proxy === undefined };
  const timeoutMs = config.OUTBOUND_CONNECT_TIMEOUT_MS;
  const agent = new Agent({
    connect: createConnector(gate, { timeoutMs, proxy: upstream }),
    headersTimeout: config.OUTBOUND_HEADERS_TIMEOUT_MS,
    bodyTimeout: config.OUTBOUND_IDLE_TIMEOUT_MS,
    maxHeaderSize: config.OUTBOUND_MAX_HEADER_BYTES,
  });
  const sockets = new Set<Duplex>();

  const failureOf = (error: unknown, host: string): [status: number, OutboundError] => {
    const failure = outboundErrorOf(error, host);
    onFailure?.(host, failure);
    const refused = failure.outcome === 'address_refused' || failure.outcome === 'unsupported';
    return [refused ? 403 : 502, failure];
  };

  let received = 0;
  const counted = (host: string) =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        received += chunk.length;
        if (received <= maxBytes) return done(null, chunk);
        const error = new OutboundError('wire_too_large', `More than ${maxBytes} bytes came in`);
        onFailure?.(host, error);
        done(error);
      },
    });

  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = request.url ?? '';
    const abort = new AbortController();
    response.once('close', () => abort.abort());
    try {
      const url = gate.checkUrl(target);
      const answer = await agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method as 'GET',
        headers: endToEnd(request.headers),
        body: /^(GET|HEAD)$/.test(request.method ?? '') ? null : request,
        signal: abort.signal,
      });
      response.writeHead(answer.statusCode, endToEnd(answer.headers));
      // A failure on either side ends both; the browser sees a body that was cut.
      pipeline(answer.body, counted(withoutBrackets(url.hostname)), response, () => undefined);
    } catch (error) {
      if (response.headersSent || abort.signal.aborted) return void response.destroy();
      const [status, failure] = failureOf(error, withoutBrackets(URL.parse(target)?.hostname ?? target));
      response.writeHead(status, { 'x-torale-outcome': failure.outcome }).end(failure.message);
    }
  };

  const tunnel = async (request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> => {
    const authority = request.url ?? '';
    try {
      const url = gate.checkUrl(`https://${authority}/`);
      const target = {
        hostname: withoutBrackets(url.hostname),
        port: Number(url.port) || 443,
      };
      const server = await openSocket(gate, target, upstream, timeoutMs);
      keep(server);
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.write(head);
      pipeline(client, server, () => undefined);
      pipeline(server, counted(target.hostname), client, () => undefined);
    } catch (error) {
      const [status, { outcome }] = failureOf(error, withoutBrackets(authority.replace(/:\d*$/, '')));
      client.end(`HTTP/1.1 ${status} Refused\r\nx-torale-outcome: ${outcome}\r\ncontent-length: 0\r\n\r\n`);
    }
  };

  /** Open sockets are ended with the proxy; node:http forgets those that it has given away. */
  const keep = (socket: Duplex): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // Whatever breaks here is broken for the browser too, which says so.
    socket.on('error', () => socket.destroy());
  };

  const server = createServer((request, response) => void forward(request, response));
  server.on('connect', (request, client, head) => void tunnel(request, client, head));
  server.on('connection', (socket: Socket) => keep(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed, agent.destroy()]);
    },
  };
}

function endToEnd(headers: NodeJS.Dict<string | string[]>): Record<string, string | string[]> {
  const entries = Object.entries(headers).filter(
    ([name, value]) => value !== undefined && !hopByHop.has(name),
  );
  return Object.fromEntries(entries) as Record<string, string | string[]>;
}
