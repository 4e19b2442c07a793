import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { AppError, type ErrorCode } from '@torale/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isConnectionError } from './connection-error.ts';

const codeOfStatus: Record<number, ErrorCode> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  502: 'upstream_failed',
  503: 'service_unavailable',
};

/** Answers a request with an error. */
export function sendProblem(error: AppError, request: FastifyRequest, reply: FastifyReply): void {
  if (error.retry_after_seconds !== undefined) {
    reply.header('retry-after', Math.max(0, Math.ceil(error.retry_after_seconds)));
  }
  reply.header('x-request-id', request.id);
  if (error.status === 401) reply.header('www-authenticate', 'Bearer');
  const problem = error.toProblem({
    instance: request.url.split('?', 1)[0],
    request_id: request.id,
  });
  reply.code(error.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** Renders whatever was thrown as problem+json. What nobody foresaw is logged, and nothing of it is shown. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('ProblemFilter');

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const error = this.asAppError(exception);
    if (!reply.sent) sendProblem(error, request, reply);
  }

  private asAppError(exception: unknown): AppError {
    if (exception instanceof AppError) {
      if (exception.status >= 500) this.logger.warn({ err: exception, code: exception.code });
      return exception;
    }
    if (exception instanceof HttpException) {
      const status = exception.getStatus();
      const code = codeOfStatus[status] ?? (status < 500 ? 'invalid_request' : undefined);
      if (code) return new AppError(code, exception.message);
    }
    if (isConnectionError(exception)) {
      this.logger.error({ err: exception });
      return new AppError('service_unavailable', undefined, { retry_after_seconds: 1 });
    }
    this.logger.error({ err: exception });
    return new AppError('internal_error');
  }
}
