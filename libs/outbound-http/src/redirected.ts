import type { OutboundRequest } from './outbound-http.ts';

/** All that is sent on when a redirect leaves the origin; any other header may hold a secret meant for that one. */
const harmless = /^(accept|accept-language|content-type|if-none-match|if-modified-since|user-agent)$/;

/** The request that follows a redirect: method and body by the rules of the Fetch standard, headers by a stricter one. */
export function redirected(request: OutboundRequest, status: number, sameOrigin: boolean): OutboundRequest {
  const { body, cookies, ...rest } = request;
  const becomesGet = request.method === 'POST' ? status <= 303 : status === 303 && request.method !== 'HEAD';
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => {
    const header = name.toLowerCase();
    return (sameOrigin || harmless.test(header)) && !(becomesGet && header.startsWith('content-'));
  });
  return {
    ...rest,
    headers: Object.fromEntries(headers),
    ...(sameOrigin && { cookies }),
    ...(becomesGet ? { method: 'GET' } : { body }),
  };
}
