import type { ConfigOf } from '@torale/contracts';
import { Agent, type Dispatcher, request as send } from 'undici';
import { createConnector } from './connector.ts';
import { outboundErrorOf } from './failure.ts';
import { Gate } from './gate.ts';
import type { outboundHttpConfig } from './outbound-http.config.ts';
import {
  OutboundError,
  type OutboundHttp,
  type OutboundRequest,
  type OutboundResponse,
} from './outbound-http.ts';
import { readBody } from './read-body.ts';
import { redirected } from './redirected.ts';
import { requestHeaders } from './request-headers.ts';
import { resolverOf, type ResolveName } from './resolve-name.ts';
import { TimeLimit } from './time-limit.ts';

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** How long a connection is kept for the next request, milliseconds. */
const keepAliveMs = 10_000;

/**
 * The outbound door. Only http and https, only permitted addresses: literals are checked in the URL of every hop,
 * names at the moment of connecting, so the address that was checked is the one that is connected to.
 * @param resolveName the resolver of the configuration when left out
 */
export function createOutboundHttp(
  config: ConfigOf<typeof outboundHttpConfig>,
  resolveName: ResolveName = resolverOf(config.OUTBOUND_DNS_SERVERS),
): OutboundHttp {
  const gate = new Gate(config.OUTBOUND_ALLOW_CIDRS, resolveName);

  const agentFor = ({ proxy, connect_timeout_ms, max_header_bytes }: Partial<OutboundRequest>): Agent => {
    const url = proxy ?? config.OUTBOUND_PROXY_URL;
    return new Agent({
      connect: createConnector(gate, {
        timeoutMs: connect_timeout_ms ?? config.OUTBOUND_CONNECT_TIMEOUT_MS,
        proxy: url === undefined ? undefined : { url, trusted: proxy === undefined },
      }),
      maxHeaderSize: max_header_bytes ?? config.OUTBOUND_MAX_HEADER_BYTES,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    });
  };
  const sharedAgent = agentFor({});

  /** One exchange without redirects. */
  const exchange = async (
    url: URL,
    request: OutboundRequest,
    dispatcher: Dispatcher,
    signal: AbortSignal,
  ): Promise<OutboundResponse> => {
    try {
      const response = await send(url, {
        dispatcher,
        signal,
        method: request.method ?? 'GET',
        headers: requestHeaders(request, config.OUTBOUND_USER_AGENT),
        body: request.body ?? null,
        headersTimeout: request.headers_timeout_ms ?? config.OUTBOUND_HEADERS_TIMEOUT_MS,
        bodyTimeout: request.idle_timeout_ms ?? config.OUTBOUND_IDLE_TIMEOUT_MS,
      });
      const headers = Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
      );
      const limits = {
        maxWireBytes: request.max_wire_bytes ?? config.OUTBOUND_MAX_WIRE_BYTES,
        maxBytes: request.max_bytes ?? config.OUTBOUND_MAX_BYTES,
      };
      try {
        const body = await readBody(response.body, headers, limits, url.hostname);
        return { status: response.statusCode, url: url.href, headers, body };
      } finally {
        // Ends the connection of a body that was not read to its end.
        response.body.destroy();
      }
    } catch (error) {
      throw outboundErrorOf(signal.aborted ? signal.reason : error, url.hostname);
    }
  };

  /** A fetch with its redirects. */
  const follow = async (request: OutboundRequest, dispatcher: Dispatcher): Promise<OutboundResponse> => {
    const maxRedirects = request.max_redirects ?? config.OUTBOUND_MAX_REDIRECTS;
    const timeLimit = new TimeLimit(request.timeout_ms ?? config.OUTBOUND_TIMEOUT_MS, request.signal);
    const around = request.around_exchange ?? ((_url, inner) => inner());

    let url = gate.checkUrl(request.url);
    let hop = request;
    for (let redirects = 0; ; redirects++) {
      const response = await around(url, () =>
        timeLimit.apply(url.hostname, (signal) => exchange(url, hop, dispatcher, signal)),
      );
      const location = response.headers['location'];
      if (!redirectStatuses.has(response.status) || location === undefined || maxRedirects === 0) {
        return response;
      }
      if (redirects === maxRedirects) {
        throw new OutboundError(
          'too_many_redirects',
          `${url.hostname} redirects more than ${maxRedirects} times`,
        );
      }
      const next = gate.checkUrl(location, url);
      hop = redirected(hop, response.status, next.origin === url.origin);
      url = next;
    }
  };

  return {
    async fetch(request) {
      const isOrdinary =
        (request.proxy ?? request.connect_timeout_ms ?? request.max_header_bytes) === undefined;
      if (isOrdinary) return follow(request, sharedAgent);
      const agent = agentFor(request);
      try {
        return await follow(request, agent);
      } finally {
        void agent.destroy();
      }
    },

    async assertAllowed(text) {
      const { hostname } = gate.checkUrl(text);
      // What the resolver itself fails with is for fetch to say.
      await gate.addressesOf(hostname).catch((error: unknown) => {
        if (error instanceof OutboundError) throw error;
      });
    },
  };
}
