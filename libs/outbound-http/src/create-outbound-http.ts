import { promises as dns, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { ConfigOf } from '@torale/contracts';
import axios, { AxiosHeaders } from 'axios';
import { isPermitted } from './address-policy.ts';
import { badPorts } from './bad-ports.ts';
import { outboundErrorOf } from './failure.ts';
import type { outboundHttpConfig } from './outbound-http.config.ts';
import {
  OutboundError,
  type OutboundHttp,
  type OutboundRequest,
  type OutboundResponse,
} from './outbound-http.ts';

/** All addresses of a name. What it answers is filtered, so a replacement opens nothing that is closed. */
export type ResolveName = (hostname: string) => Promise<LookupAddress[]>;

const systemResolver: ResolveName = (hostname) => dns.lookup(hostname, { all: true });

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** Never sent on when a redirect leaves the origin they were meant for. */
const secretHeaders = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key'];
const idleSocketMs = 10_000;

/**
 * The outbound door. Only http and https, only permitted addresses: literals are checked in the URL of every hop,
 * names at the moment of connecting, so the address that was checked is the one that is connected to.
 */
export function createOutboundHttp(
  config: ConfigOf<typeof outboundHttpConfig>,
  resolveName: ResolveName = systemResolver,
): OutboundHttp {
  const permits = (address: string) => isPermitted(address, config.OUTBOUND_ALLOW_CIDRS);

  const permittedAddresses = async (hostname: string): Promise<LookupAddress[]> => {
    const permitted = (await resolveName(hostname)).filter(({ address }) => permits(address));
    if (permitted.length === 0) throw refused(`${hostname} has no public address`);
    return permitted;
  };

  const lookup: LookupFunction = (hostname, options, callback) => {
    permittedAddresses(hostname).then(
      (addresses) => {
        const [{ address, family }] = addresses as [LookupAddress];
        if (options.all) callback(null, addresses);
        else callback(null, address, family);
      },
      (error: Error) => callback(error, ''),
    );
  };

  const client = axios.create({
    httpAgent: new HttpAgent({ keepAlive: true, timeout: idleSocketMs, lookup }),
    httpsAgent: new HttpsAgent({ keepAlive: true, timeout: idleSocketMs, lookup }),
    // A proxy of the environment would connect in our place, past the check.
    proxy: false,
    maxRedirects: 0,
    responseType: 'arraybuffer',
    validateStatus: () => true,
    // Bodies go out and come in byte for byte: signatures and charsets depend on it.
    transformRequest: (data: unknown) => data,
    transformResponse: (data: unknown) => data,
    headers: {
      'user-agent': config.OUTBOUND_USER_AGENT,
      accept: '*/*',
      'accept-encoding': 'gzip, deflate, br, zstd',
    },
  });

  /** One exchange without redirects. */
  const exchange = async (
    url: URL,
    request: OutboundRequest,
    signal: AbortSignal,
  ): Promise<OutboundResponse> => {
    const response = await client
      .request<Buffer>({
        url: url.href,
        method: request.method ?? 'GET',
        headers: request.headers ?? {},
        data: request.body,
        maxContentLength: request.max_bytes ?? config.OUTBOUND_MAX_BYTES,
        signal,
      })
      .catch((error: unknown) => {
        throw outboundErrorOf(error, url.hostname);
      });
    const headers = Object.fromEntries(
      Object.entries(AxiosHeaders.from(response.headers as AxiosHeaders).toJSON(true)).map(
        ([name, value]) => [name.toLowerCase(), String(value)],
      ),
    );
    // axios takes the header away when it decodes; what is left is unknown or stacked.
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding.toLowerCase() !== 'identity' && response.data.length > 0) {
      throw new OutboundError('unsupported', `${url.hostname} sent the content encoding "${encoding}"`);
    }
    return { status: response.status, url: url.href, headers, body: response.data };
  };

  const checkUrl = (text: string, base?: URL): URL => {
    const url = parseUrl(text, base);
    if (url.username !== '' || url.password !== '') {
      throw refused('The address holds a user name or a password');
    }
    if (badPorts.has(Number(url.port || NaN))) throw refused(`Port ${url.port} is not one of the web`);
    const literal = withoutBrackets(url.hostname);
    if (isIP(literal) !== 0 && !permits(literal)) throw refused(`${literal} is not a public address`);
    // Never sent anyway; without it a redirect back to the same page is seen as what it is.
    url.hash = '';
    return url;
  };

  return {
    async fetch(request) {
      const maxRedirects = request.max_redirects ?? config.OUTBOUND_MAX_REDIRECTS;
      const timeout = AbortSignal.timeout(request.timeout_ms ?? config.OUTBOUND_TIMEOUT_MS);
      const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout;

      let url = checkUrl(request.url);
      let hop = request;
      for (let redirects = 0; ; redirects++) {
        const response = await exchange(url, hop, signal);
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
        const next = checkUrl(location, url);
        hop = redirected(hop, response.status, next.origin === url.origin);
        url = next;
      }
    },

    async assertAllowed(text) {
      const { hostname } = checkUrl(text);
      if (isIP(withoutBrackets(hostname)) !== 0) return;
      // What the resolver itself fails with is for fetch to say.
      await permittedAddresses(hostname).catch((error: unknown) => {
        if (error instanceof OutboundError) throw error;
      });
    },
  };
}

const refused = (message: string) => new OutboundError('address_refused', message);

const withoutBrackets = (hostname: string) => hostname.replace(/^\[|\]$/g, '');

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (!url) throw new OutboundError('unsupported', `"${text}" is not a URL`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new OutboundError(
      'unsupported',
      `The scheme "${url.protocol}" is not supported, only http and https`,
    );
  }
  return url;
}

/** The request that follows a redirect, by the rules of the Fetch standard. */
function redirected(request: OutboundRequest, status: number, sameOrigin: boolean): OutboundRequest {
  const { body, ...rest } = request;
  const becomesGet = request.method === 'POST' ? status <= 303 : status === 303 && request.method !== 'HEAD';
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => {
    const header = name.toLowerCase();
    return (sameOrigin || !secretHeaders.includes(header)) && !(becomesGet && header.startsWith('content-'));
  });
  return {
    ...rest,
    headers: Object.fromEntries(headers),
    ...(becomesGet ? { method: 'GET' as const } : body !== undefined && { body }),
  };
}
