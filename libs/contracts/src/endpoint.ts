import { z } from 'zod';

/**
 * How a request's body is read. `json`: as JSON. `text`: JSON that is taken as the text it came as, for whoever checks
 * a signature over it. `ignored`: of any media type, and not at all.
 */
export type BodyReading = 'json' | 'text' | 'ignored';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One HTTP endpoint: everything that server, client, OpenAPI and tests need to know of it. */
export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
  Streams extends boolean = boolean,
> {
  readonly method: HttpMethod;
  /** Path with `:name` parameters, starting with `/`. */
  readonly path: string;
  readonly summary: string;
  readonly status: number;
  /** How long a caller waits, in milliseconds, unless its own deadline is nearer. */
  readonly deadline_ms: number;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The largest request body, bytes; the host's limit when left out. */
  readonly body_limit_bytes: number | undefined;
  readonly body_reading: BodyReading;
  /** The answer; of an endpoint that streams, one line of it. */
  readonly response: Response;
  /** Media type of the answer. */
  readonly content_type: string;
  /** The answer is NDJSON, a line for each result as it comes. */
  readonly streams: Streams;
}

interface EndpointInput<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> {
  method: HttpMethod;
  path: string;
  summary: string;
  response: R;
  params?: P;
  query?: Q;
  body?: B;
  body_limit_bytes?: number;
  body_reading?: BodyReading;
  status?: number;
  deadline_ms?: number;
  content_type?: string;
}

const nothing = z.undefined();
type Nothing = typeof nothing;

/** Declares an endpoint; parts that are left out accept nothing. */
export function defineEndpoint<
  R extends z.ZodType,
  P extends z.ZodType = Nothing,
  Q extends z.ZodType = Nothing,
  B extends z.ZodType = Nothing,
>(input: EndpointInput<P, Q, B, R>): Endpoint<P, Q, B, R, false> {
  return {
    method: input.method,
    path: input.path,
    summary: input.summary,
    status: input.status ?? 200,
    deadline_ms: input.deadline_ms ?? 10_000,
    params: input.params ?? (nothing as unknown as P),
    query: input.query ?? (nothing as unknown as Q),
    body: input.body ?? (nothing as unknown as B),
    body_limit_bytes: input.body_limit_bytes,
    body_reading: input.body_reading ?? 'json',
    response: input.response,
    content_type: input.content_type ?? 'application/json',
    streams: false,
  };
}

/**
 * Declares an endpoint that answers with results as they come, one a line. What fails for one result is part of that
 * result; a stream that breaks off says nothing of the rest.
 */
export function defineStream<
  R extends z.ZodType,
  P extends z.ZodType = Nothing,
  Q extends z.ZodType = Nothing,
  B extends z.ZodType = Nothing,
>(input: EndpointInput<P, Q, B, R>): Endpoint<P, Q, B, R, true> {
  return { ...defineEndpoint(input), content_type: 'application/x-ndjson', streams: true };
}

/** The endpoints of one service, by operation name. */
export interface ServiceContract<Endpoints extends Record<string, Endpoint> = Record<string, Endpoint>> {
  /** The service's name: its app folder, its token audience, its label in metrics. */
  readonly name: string;
  readonly endpoints: Endpoints;
}

export function defineContract<Endpoints extends Record<string, Endpoint>>(
  name: string,
  endpoints: Endpoints,
): ServiceContract<Endpoints> {
  return { name, endpoints };
}

type Part<Schema extends z.ZodType> = Schema extends z.ZodUndefined ? unknown : z.output<Schema>;

/** What an operation takes: path parameters, query and body in one flat object. */
export type OperationInput<E extends Endpoint> = Part<E['params']> & Part<E['query']> & Part<E['body']>;

/**
 * The API type of an internal service: one method per endpoint. A service class implements it; the typed client
 * implements it over HTTP; callers cannot tell which one they hold.
 */
export type ServiceApi<C extends ServiceContract> = {
  [K in keyof C['endpoints']]: (
    input: OperationInput<C['endpoints'][K]>,
  ) => C['endpoints'][K]['streams'] extends true
    ? AsyncIterable<z.output<C['endpoints'][K]['response']>>
    : Promise<z.output<C['endpoints'][K]['response']>>;
};
