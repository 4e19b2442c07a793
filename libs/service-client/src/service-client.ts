import {
  AppError,
  problemSchema,
  type Endpoint,
  type ServiceApi,
  type ServiceContract,
} from '@torale/contracts';
import axios, { AxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import CircuitBreaker from 'opossum';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { callContext } from './call-context.ts';
import { readLines } from './read-lines.ts';
import { breakerState, circuitBreakerState, serviceCallDuration } from './service-call-metrics.ts';
import { signServiceToken } from './service-token.ts';
import { childTraceparent } from './trace-context.ts';

export interface ServiceClientOptions {
  /** Where the service listens, e.g. `http://127.0.0.1:8001`. */
  baseUrl: string;
  /** SERVICE_TOKEN_SECRET, shared by caller and service. */
  secret: string;
  /** Name of the calling service. */
  caller: string;
  /** How long an open breaker refuses calls before it lets one through, in milliseconds. */
  breakerResetMs?: number;
}

/** The caller's own deadline ended the call; that says nothing about the health of the service. */
class CallerOutOfTime extends AppError {}

/** The service itself said what is wrong: it lives, and its other calls may well succeed. */
class AnsweredByService extends AppError {}

const timeoutCodes = new Set<string | undefined>([
  AxiosError.ECONNABORTED,
  AxiosError.ETIMEDOUT,
  AxiosError.ERR_CANCELED,
]);

/**
 * The API of a service over HTTP. Each call carries the deadline, request id and trace of `callContext` and a
 * service token; it ends by the endpoint's `deadline_ms` or the caller's deadline, whichever is nearer. A stream is
 * asked for when its first result is, and given up when its reader leaves it.
 *
 * Rejects with AppError only: the service's own error as it was thrown there; `service_unavailable` when it
 * refuses, hangs, answers 503, breaks off or its breaker is open; `upstream_failed` when its answer breaks the
 * contract.
 */
export function createServiceClient<C extends ServiceContract>(
  contract: C,
  { baseUrl, secret, caller, breakerResetMs = 10_000 }: ServiceClientOptions,
): ServiceApi<C> {
  const service = contract.name;
  const http = axios.create({ baseURL: baseUrl, proxy: false, maxRedirects: 0, validateStatus: () => true });

  const send = async (endpoint: Endpoint, input: unknown): Promise<unknown> => {
    const context = callContext.getStore();
    const timeLeft = context ? context.deadline - Date.now() : Infinity;
    const timeout = Math.floor(Math.min(endpoint.deadline_ms, timeLeft));
    if (timeout <= 0) throw new CallerOutOfTime('service_unavailable', `No time was left to call ${service}`);

    const response = await request(http, service, endpoint, timeout, input, {
      'content-type': 'application/json',
      authorization: `Bearer ${await signServiceToken(secret, caller, service)}`,
      'x-request-id': context?.request_id ?? randomUUID(),
      traceparent: childTraceparent(context?.traceparent),
      'x-deadline-ms': String(timeout),
    });
    if (response.status >= 400) throw errorOf(service, response);
    if (endpoint.streams) return resultsOf(service, endpoint, response.data as Readable);
    return parsedBy(endpoint, service, response.status === 204 ? undefined : response.data);
  };

  const breaker = createBreaker(service, send, breakerResetMs);

  const call = async (operation: string, endpoint: Endpoint, input: unknown): Promise<unknown> => {
    const endTimer = serviceCallDuration.startTimer({ service, operation });
    try {
      const result = await breaker.fire(endpoint, input);
      endTimer({ outcome: 'ok' });
      return result;
    } catch (error) {
      const appError = error instanceof AppError ? error : breakerError(service, error, breakerResetMs);
      endTimer({ outcome: appError.code });
      throw appError;
    }
  };

  return Object.fromEntries(
    Object.entries(contract.endpoints).map(([operation, endpoint]) => [
      operation,
      (input: unknown) => {
        const answer = () => call(operation, endpoint, input);
        return endpoint.streams ? startedWhenRead(answer) : answer();
      },
    ]),
  ) as ServiceApi<C>;
}

async function* startedWhenRead(start: () => Promise<unknown>): AsyncGenerator<unknown> {
  yield* (await start()) as AsyncIterable<unknown>;
}

async function request(
  http: AxiosInstance,
  service: string,
  endpoint: Endpoint,
  timeout: number,
  input: unknown,
  headers: Record<string, string>,
): Promise<AxiosResponse<unknown>> {
  try {
    const response = await http.request<unknown>({
      method: endpoint.method,
      ...placed(endpoint, input),
      headers,
      timeout,
      ...(endpoint.streams && { responseType: 'stream' }),
      // axios' timeout stops at the response headers of a slow drip; the signal does not.
      signal: AbortSignal.timeout(timeout),
    });
    const isProblem = endpoint.streams && response.status >= 400;
    return isProblem ? { ...response, data: await bodyOf(response.data as Readable) } : response;
  } catch (error) {
    if (!(error instanceof AxiosError)) throw error;
    // The cause stays out: it holds the request with its token.
    if (!timeoutCodes.has(error.code)) {
      throw new AppError('service_unavailable', `${service} is not available (${error.code})`);
    }
    const message = `${service} did not answer within ${timeout} ms`;
    throw timeout < endpoint.deadline_ms
      ? new CallerOutOfTime('service_unavailable', message)
      : new AppError('service_unavailable', message);
  }
}

const namesIn = (schema: z.ZodType) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []);

/** Puts each part of an operation's input where its endpoint wants it. */
function placed(
  { path, params, query, body }: Endpoint,
  input: unknown,
): { url: string; params: Record<string, unknown>; data: unknown } {
  const [inPath, inQuery] = [namesIn(params), namesIn(query)];
  if (inPath.length + inQuery.length === 0) return { url: path, params: {}, data: input };
  const values = input as Record<string, unknown>;
  const placedElsewhere = new Set([...inPath, ...inQuery]);
  return {
    url: path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(values[name]))),
    params: Object.fromEntries(inQuery.map((name) => [name, values[name]])),
    data:
      body instanceof z.ZodUndefined
        ? undefined
        : Object.fromEntries(Object.entries(values).filter(([name]) => !placedElsewhere.has(name))),
  };
}

function parsedBy(endpoint: Endpoint, service: string, answer: unknown): unknown {
  const parsed = endpoint.response.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new AppError('upstream_failed', `${service} gave an answer that breaks its contract`, {
    cause: parsed.error,
  });
}

async function* resultsOf(service: string, endpoint: Endpoint, stream: Readable): AsyncGenerator<unknown> {
  try {
    for await (const line of readLines(stream)) yield parsedBy(endpoint, service, parsedJson(service, line));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('service_unavailable', `${service} broke off its answer`);
  }
}

function parsedJson(service: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new AppError('upstream_failed', `${service} gave an answer that breaks its contract`, {
      cause: error,
    });
  }
}

/** The JSON of a short answer that came as a stream; null when it is none. */
async function bodyOf(stream: Readable): Promise<unknown> {
  const body = await text(stream);
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function errorOf(service: string, { status, headers, data }: AxiosResponse<unknown>): AppError {
  const problem = problemSchema.safeParse(data);
  if (!problem.success) {
    return status === 502 || status === 503 || status === 504
      ? new AppError('service_unavailable', `${service} is not available (HTTP ${status})`)
      : new AppError('upstream_failed', `${service} answered ${status} without saying why`);
  }
  const error = AppError.fromProblem(problem.data);
  // The caller's user is not the one whose credentials were refused.
  if (error.code === 'unauthenticated') {
    return new AppError('upstream_failed', `${service} refused the service token: ${error.message}`);
  }
  const retryAfter = Number(headers['retry-after']);
  return new AnsweredByService(
    error.code,
    error.code === 'service_unavailable' ? `${service} is not available: ${error.message}` : error.message,
    { errors: error.errors, retry_after_seconds: Number.isFinite(retryAfter) ? retryAfter : undefined },
  );
}

/** Opens when most calls of the last half minute, at least three, found nobody who answers. */
function createBreaker<Args extends unknown[]>(
  service: string,
  action: (...args: Args) => Promise<unknown>,
  resetTimeout: number,
): CircuitBreaker<Args, unknown> {
  const breaker = new CircuitBreaker(action, {
    name: service,
    timeout: false,
    resetTimeout,
    volumeThreshold: 3,
    errorThresholdPercentage: 50,
    rollingCountTimeout: 30_000,
    enableSnapshots: false,
    errorFilter: (error: unknown) =>
      !(error instanceof AppError && error.code === 'service_unavailable') ||
      error instanceof CallerOutOfTime ||
      error instanceof AnsweredByService,
  });
  const show = (state: number) => circuitBreakerState.set({ service }, state);
  show(breakerState.closed);
  breaker.on('open', () => show(breakerState.open));
  breaker.on('halfOpen', () => show(breakerState.halfOpen));
  breaker.on('close', () => show(breakerState.closed));
  return breaker;
}

function breakerError(service: string, error: unknown, resetMs: number): AppError {
  if (!(error instanceof Error && CircuitBreaker.isOurError(error))) throw error;
  return new AppError('service_unavailable', `${service} is not available; calls to it are paused`, {
    retry_after_seconds: Math.ceil(resetMs / 1000),
  });
}
