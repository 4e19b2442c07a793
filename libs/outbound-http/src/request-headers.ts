import { OutboundError, type OutboundRequest } from './outbound-http.ts';
import { acceptedEncodings } from './read-body.ts';

/** Set by the connection, or a way to smuggle a second request into it. */
const reserved =
  /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|proxy-.*|accept-encoding|http2-settings)$/;

/** The headers of a request, in lower case. Throws OutboundError `unsupported` for those not a caller's to set. */
export function requestHeaders(
  { headers = {}, cookies = {}, user_agent }: OutboundRequest,
  defaultUserAgent: string,
): Record<string, string> {
  const given = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const header = name.toLowerCase();
      if (reserved.test(header))
        throw new OutboundError('unsupported', `The header ${name} cannot be chosen`);
      return [header, value];
    }),
  );
  const cookie = [given['cookie'], ...Object.entries(cookies).map(([name, value]) => `${name}=${value}`)]
    .filter(Boolean)
    .join('; ');
  return {
    'user-agent': user_agent ?? defaultUserAgent,
    accept: '*/*',
    ...given,
    'accept-encoding': acceptedEncodings,
    ...(cookie !== '' && { cookie }),
  };
}
