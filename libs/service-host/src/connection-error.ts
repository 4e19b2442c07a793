const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** Connection exceptions, too many connections, and a server that stops, crashed or starts. */
const postgresCodes = /^(08...|53300|57P0[1-3])$/;
/** node-postgres has no code for these. */
const postgresMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end)/;

/** Whether an error, or what caused it, says that the database, or another server, cannot be reached. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (
    networkCodes.has(code) ||
    postgresCodes.test(code) ||
    postgresMessages.test(error.message) ||
    isConnectionError(error.cause)
  );
}
