import type { OutboundRequest } from './outbound-http.ts';

/** Never sent on when a redirect leaves the origin they were meant for. */
const secretHeaders = ['authorization', 'cookie', 'x-api-key'];

/** The request that follows a redirect, by the rules of the Fetch standard. */
export function redirected(request: OutboundRequest, status: number, sameOrigin: boolean): OutboundRequest {
  const { body, cookies, ...rest } = request;
  const becomesGet = request.method === 'POST' ? status <= 303 : status === 303 && request.method !== 'HEAD';
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => {
    const header = name.toLowerCase();
    return (sameOrigin || !secretHeaders.includes(header)) && !(becomesGet && header.startsWith('content-'));
  });
  return {
    ...rest,
    headers: Object.fromEntries(headers),
    ...(sameOrigin && { cookies }),
    ...(becomesGet ? { method: 'GET' } : { body }),
  };
}
