import axios from 'axios';
import { OutboundError } from './outbound-http.ts';

const tlsFailure = /^(ERR_TLS|ERR_SSL|EPROTO)|CERT|UNABLE_TO_(GET|VERIFY)|SELF_SIGNED|HOSTNAME_MISMATCH/;
const dnsFailure = /^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL)/;

/** What a failed exchange with `host` comes to, from the errors that axios and Node report. */
export function outboundErrorOf(error: unknown, host: string): OutboundError {
  const chain = [...causes(error)];
  const known = chain.find((cause) => cause instanceof OutboundError);
  if (known) return known;

  const options = { cause: error };
  if (axios.isCancel(error)) return new OutboundError('timeout', `${host} did not answer in time`, options);
  const message = chain.map((cause) => cause.message).find(Boolean) ?? String(error);
  if (message.startsWith('maxContentLength')) {
    return new OutboundError('too_large', `The answer of ${host} is larger than the limit`, options);
  }
  const code = chain.map((cause) => (cause as NodeJS.ErrnoException).code).find(Boolean) ?? '';
  if (code === 'ETIMEDOUT') return new OutboundError('timeout', `${host} did not answer in time`, options);
  if (dnsFailure.test(code))
    return new OutboundError('dns_error', `The name ${host} does not resolve`, options);
  if (tlsFailure.test(code)) {
    return new OutboundError('tls_error', `No secure connection to ${host}: ${message}`, options);
  }
  return new OutboundError('connection_error', `The connection to ${host} failed: ${message}`, options);
}

function* causes(error: unknown): Generator<Error> {
  for (let cause = error; cause instanceof Error; cause = cause.cause) yield cause;
}
