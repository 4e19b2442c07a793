import { buildConnector } from 'undici';
import type { Gate } from './gate.ts';
import { openSocket, type Proxy } from './open-socket.ts';

export interface ConnectorOptions {
  /** Name lookup, TCP, the proxy's part and TLS, milliseconds. */
  timeoutMs: number;
  proxy?: Proxy | undefined;
}

/**
 * How undici connects: to an address that the gate has permitted, and to no other. HTTP/2 is not offered, because
 * undici applies its limits on headers and times to HTTP/1.1 only.
 */
export function createConnector(
  gate: Gate,
  { timeoutMs, proxy }: ConnectorOptions,
): buildConnector.connector {
  const direct = buildConnector({
    allowH2: false,
    timeout: timeoutMs,
    lookup: gate.lookup,
    autoSelectFamily: true,
  });
  if (!proxy) return direct;
  return (options, callback) => {
    const secure = options.protocol === 'https:';
    const target = { hostname: options.hostname, port: Number(options.port) || (secure ? 443 : 80) };
    openSocket(gate, target, proxy, timeoutMs).then(
      (httpSocket) => (secure ? direct({ ...options, httpSocket }, callback) : callback(null, httpSocket)),
      (error: Error) => callback(error, null),
    );
  };
}
