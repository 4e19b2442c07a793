import { AsyncLocalStorage } from 'node:async_hooks';

/** What travels with a call from service to service, and into every log line. */
export interface CallContext {
  request_id: string;
  /** W3C Trace Context header value. */
  traceparent: string;
  /** When the caller stops waiting, milliseconds since the epoch. */
  deadline: number;
}

export const callContext = new AsyncLocalStorage<CallContext>();
