import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, isIP, isIPv6, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { SocksClient } from 'socks';
import type { Gate } from './gate.ts';
import { OutboundError } from './outbound-http.ts';
import { parseProxyUrl, type ProxyAddress } from './proxy-url.ts';

export interface Proxy {
  url: string;
  /** Chosen by the operator: it may be anywhere. Otherwise it is at a permitted address or not at all. */
  trusted: boolean;
}

export interface SocketTarget {
  /** Without brackets. */
  hostname: string;
  port: number;
}

/**
 * A connected socket to a permitted address of `target`, through a proxy if there is one.
 * @param timeoutMs for everything together, name lookup included
 */
export async function openSocket(
  gate: Gate,
  target: SocketTarget,
  proxy: Proxy | undefined,
  timeoutMs: number,
): Promise<Socket> {
  const abort = new AbortController();
  const { signal } = abort;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const peer = proxy ? `The proxy before ${target.hostname}` : target.hostname;
    late.reject(new OutboundError('connect_timeout', `${peer} did not take the connection in time`));
    abort.abort();
  }, timeoutMs);
  try {
    const opening = proxy ? openTunnel(gate, target, proxy, signal) : openDirect(gate, target, signal);
    return await Promise.race([opening, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** @param gate null where the operator chose the target */
async function openDirect(
  gate: Gate | null,
  { hostname, port }: SocketTarget,
  signal: AbortSignal,
): Promise<Socket> {
  // net.connect resolves names by the gate's lookup, and literals not at all.
  if (gate && isIP(hostname)) await gate.addressesOf(hostname);
  const lookup = gate ? { lookup: gate.lookup } : {};
  const socket = connect({ host: hostname, port, ...lookup, autoSelectFamily: true, signal });
  socket.setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

/** Tells the proxy the address that was checked, never the name, which it could resolve to another. */
async function openTunnel(
  gate: Gate,
  target: SocketTarget,
  { url, trusted }: Proxy,
  signal: AbortSignal,
): Promise<Socket> {
  const proxy = parseProxyUrl(url);
  if (!trusted) gate.checkPort(proxy.port);
  const [pinned] = await gate.addressesOf(target.hostname);
  const destination = { host: pinned!.address, port: target.port };
  try {
    const socket = await openDirect(trusted ? null : gate, proxy, signal);
    try {
      return proxy.protocol === 'socks5:'
        ? await tunnelBySocks(socket, proxy, destination)
        : await tunnelByConnect(await secured(socket, proxy), proxy, destination);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  } catch (error) {
    if (error instanceof OutboundError) throw error;
    throw proxyFailed(proxy, (error as Error).message, error);
  }
}

interface Destination {
  /** An IP address without brackets. */
  host: string;
  port: number;
}

async function tunnelBySocks(
  socket: Socket,
  { hostname, port, username, password }: ProxyAddress,
  destination: Destination,
): Promise<Socket> {
  await SocksClient.createConnection({
    command: 'connect',
    destination,
    existing_socket: socket,
    proxy: {
      host: hostname,
      port,
      type: 5,
      ...(username !== '' && { userId: username, password }),
    },
  });
  return socket;
}

async function tunnelByConnect(
  socket: Socket,
  proxy: ProxyAddress,
  { host, port }: Destination,
): Promise<Socket> {
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const credentials = Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64');
  const connecting = request({
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(proxy.username !== '' && { 'proxy-authorization': `Basic ${credentials}` }),
    },
    createConnection: () => socket,
  }).end();
  const [response, , head] = (await once(connecting, 'connect')) as [IncomingMessage, Socket, Buffer];
  if (response.statusCode !== 200) throw proxyFailed(proxy, `it answers ${response.statusCode} to CONNECT`);
  if (head.length > 0) socket.unshift(head);
  return socket;
}

/** TLS to the proxy itself, where its URL says so. */
async function secured(socket: Socket, { protocol, hostname }: ProxyAddress): Promise<Socket> {
  if (protocol !== 'https:') return socket;
  const secure = connectTls({ socket, ...(isIP(hostname) ? { host: hostname } : { servername: hostname }) });
  await once(secure, 'secureConnect');
  return secure;
}

const proxyFailed = ({ hostname }: ProxyAddress, why: string, cause?: unknown) =>
  new OutboundError('proxy_error', `The proxy ${hostname} failed: ${why}`, { cause });
