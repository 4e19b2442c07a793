import { types } from 'node:util';
import type { OutboundCode } from './outbound-code.ts';
import { OutboundError } from './outbound-http.ts';

const tlsFailure = /^(ERR_TLS|ERR_SSL|EPROTO)|CERT|UNABLE_TO_(GET|VERIFY)|SELF_SIGNED|HOSTNAME_MISMATCH/;
const dnsFailure = /^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL|EREFUSED|ENONAME|EBADNAME|EBADRESP|EFORMERR)/;

/** What a failed exchange with `host` comes to, from the errors that undici and Node report. */
export function outboundErrorOf(error: unknown, host: string): OutboundError {
  const chain = [...causes(error)];
  const known = chain.find((cause) => cause instanceof OutboundError);
  if (known) return known;

  const message = chain.map((cause) => cause.message).find(Boolean) ?? String(error);
  const systemCode = chain.map((cause) => (cause as NodeJS.ErrnoException).code).find(Boolean) ?? '';
  const [code, text] = failureOf(String(systemCode), message, host);
  return new OutboundError(code, text, { cause: error });
}

function failureOf(code: string, message: string, host: string): [OutboundCode, string] {
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return ['connect_timeout', `${host} did not take the connection in time`];
    case 'ETIMEOUT':
      return ['connect_timeout', `No DNS server answered in time for ${host}`];
    case 'UND_ERR_HEADERS_TIMEOUT':
      return ['headers_timeout', `${host} did not answer in time`];
    case 'UND_ERR_BODY_TIMEOUT':
      return ['idle_timeout', `${host} fell silent in the middle of its answer`];
    case 'UND_ERR_HEADERS_OVERFLOW':
      return ['headers_too_large', `The headers of ${host} are larger than the limit`];
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
      return ['unsupported', `The request to ${host} cannot be sent: ${message}`];
  }
  if (dnsFailure.test(code)) return ['dns_error', `The name ${host} does not resolve`];
  if (tlsFailure.test(code)) return ['tls_error', `No secure connection to ${host}: ${message}`];
  return ['connection_error', `The connection to ${host} failed: ${message}`];
}

function* causes(error: unknown): Generator<Error> {
  for (let cause = error; types.isNativeError(cause); cause = cause.cause) {
    yield cause;
    // One failure for each address of a name.
    if ('errors' in cause) yield* cause.errors as Error[];
  }
}
