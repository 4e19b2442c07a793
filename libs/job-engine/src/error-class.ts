import { AppError, type ErrorCode } from '@torale/contracts';

/** What a failure says about trying again. */
export type ErrorClass = 'rate_limited' | 'timeout' | 'network' | 'server' | 'user_error';

/** Codes that are left out are `server`. */
const classOfCode: Partial<Record<ErrorCode, ErrorClass>> = {
  rate_limited: 'rate_limited',
  service_unavailable: 'network',
  // No later try can end otherwise. `unauthenticated` and `forbidden` are not among them: between services they say
  // that a secret is being changed; nor is `conflict`, which passes.
  invalid_request: 'user_error',
  not_found: 'user_error',
  query_not_active: 'user_error',
  payload_too_large: 'user_error',
  unsupported_media_type: 'user_error',
  no_sources_found: 'user_error',
  address_refused: 'user_error',
};

const timeoutCodes = /^(ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT|57014|55P03)$/;
/** Of the system, and of Postgres: connection exceptions, too many connections, a server that stops or starts. */
const networkCodes =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|E(HOST|NET)UNREACH|ENOTFOUND|EAI_AGAIN|UND_ERR_SOCKET|08...|53300|57P0[1-3])$/;
/** node-postgres has no code for these. */
const networkMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered)/;

/** By an AppError's code, a system error's code or name, or those of what caused it; `server` when nothing is known. */
export function errorClassOf(error: unknown): ErrorClass {
  if (error instanceof AppError) return classOfCode[error.code] ?? 'server';
  // Not `instanceof Error`: a DOMException, which says that a time is up, is none everywhere.
  if (typeof error !== 'object' || error === null) return 'server';
  const { name, code, message, cause } = error as Partial<Record<string, unknown>>;
  const matches = (pattern: RegExp, text: unknown) => typeof text === 'string' && pattern.test(text);
  if (name === 'TimeoutError' || matches(timeoutCodes, code)) return 'timeout';
  if (matches(networkCodes, code) || matches(networkMessages, message)) return 'network';
  return errorClassOf(cause);
}
