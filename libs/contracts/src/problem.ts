import { z } from 'zod';

/** Every error code of Torale with the HTTP status and the title it is rendered with. */
export const errorCodes = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'Authentication is required' },
  invalid_credentials: { status: 401, title: 'The credentials are not valid' },
  forbidden: { status: 403, title: 'This is not allowed' },
  not_found: { status: 404, title: 'There is no such thing' },
  conflict: { status: 409, title: 'This conflicts with what is stored' },
  query_not_active: { status: 409, title: 'The user query is paused or completed' },
  payload_too_large: { status: 413, title: 'The request body is too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported' },
  no_sources_found: { status: 422, title: 'No page to watch was found' },
  address_refused: { status: 422, title: 'The address may not be fetched' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  upstream_failed: { status: 502, title: 'A service that this depends on gave a wrong answer' },
  service_unavailable: { status: 503, title: 'A service that this depends on is not available' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorCodes;

export const problemErrorSchema = z.object({
  path: z
    .string()
    .meta({ description: 'Where the fault is, as a JSON path such as `check_interval_seconds`.' }),
  message: z.string(),
});
export type ProblemError = z.infer<typeof problemErrorSchema>;

/** RFC 9457 problem details with a stable code. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string().optional(),
    instance: z.string().optional(),
    request_id: z.string().optional(),
    errors: z.array(problemErrorSchema).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;

export interface AppErrorOptions {
  errors?: ProblemError[];
  cause?: unknown;
  /** When to try again, in seconds; rendered as `Retry-After`. */
  retry_after_seconds?: number;
}

/**
 * The one error of Torale: thrown by services, rendered as problem+json at the border, turned back into an
 * AppError by the client. Its message is shown to callers, so it says what to do and holds no secret.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly errors: ProblemError[] | undefined;
  readonly retry_after_seconds: number | undefined;

  constructor(code: ErrorCode, message?: string, options: AppErrorOptions = {}) {
    super(message ?? errorCodes[code].title, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.errors = options.errors;
    this.retry_after_seconds = options.retry_after_seconds;
  }

  get status(): number {
    return errorCodes[this.code].status;
  }

  toProblem(context: { instance?: string; request_id?: string } = {}): Problem {
    return {
      type: `https://torale.dev/problems/${this.code}`,
      title: errorCodes[this.code].title,
      status: this.status,
      code: this.code,
      detail: this.message,
      ...(context.instance && { instance: context.instance }),
      ...(context.request_id && { request_id: context.request_id }),
      ...(this.errors && { errors: this.errors }),
    };
  }

  /** An AppError from a problem body; a code this version does not know becomes `upstream_failed`. */
  static fromProblem(problem: Problem): AppError {
    const code = problem.code in errorCodes ? (problem.code as ErrorCode) : 'upstream_failed';
    return new AppError(
      code,
      problem.detail ?? problem.title,
      problem.errors ? { errors: problem.errors } : {},
    );
  }

  /** An `invalid_request` from a failed zod parse, with the path of each fault. */
  static fromZod(error: z.ZodError): AppError {
    const errors = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    const first = errors[0];
    return new AppError(
      'invalid_request',
      first ? `${first.path || 'request'}: ${first.message}` : undefined,
      {
        errors,
        cause: error,
      },
    );
  }
}
