import { ArgumentsHost, Catch, ExceptionFilter, Inject, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** An error as GoTrue answers it; `error_code` is one of GoTrue's own codes, which clients match on. */
export class GoTrueError extends Error {
  constructor(
    readonly status: number,
    readonly error_code: string,
    message: string,
    readonly extra: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = 'GoTrueError';
  }
}

const VERSION_HEADER = 'x-supabase-api-version';
const VERSION_2024 = '2024-01-01';

/** GoTrue's error bodies: those of the API version the client asks for, as problem+json is not what it reads. */
@Catch()
export class GoTrueErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(GoTrueErrorFilter.name);

  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(exception: unknown, context: ArgumentsHost): void {
    const error = exception instanceof GoTrueError ? exception : this.unexpected(exception);
    const { httpAdapter } = this.host;
    const response = context.switchToHttp().getResponse();
    const request = context.switchToHttp().getRequest<{ headers: Record<string, unknown> }>();
    const version = String(request.headers[VERSION_HEADER] ?? '');
    if (/^\d{4}-\d{2}-\d{2}$/.test(version) && version >= VERSION_2024) {
      httpAdapter.setHeader(response, VERSION_HEADER, VERSION_2024);
      const body = { code: error.error_code, message: error.message, ...error.extra };
      httpAdapter.reply(response, body, error.status);
    } else {
      const { status, error_code, message, extra } = error;
      httpAdapter.reply(response, { code: status, error_code, msg: message, ...extra }, status);
    }
  }

  private unexpected(exception: unknown): GoTrueError {
    this.logger.error(exception);
    return new GoTrueError(
      500,
      'unexpected_failure',
      'Unexpected failure, please check server logs for more information',
    );
  }
}
