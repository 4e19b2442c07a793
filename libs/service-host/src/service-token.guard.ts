import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AppError, type ConfigOf } from '@torale/contracts';
import { SERVICE_NAME, serviceTokenConfig } from '@torale/service-client';
import type { FastifyRequest } from 'fastify';
import { errors, jwtVerify } from 'jose';

/**
 * Lets only Torale's services in: the bearer token must be signed with SERVICE_TOKEN_SECRET for this service.
 * Put `@UseGuards(ServiceTokenGuard)` on every internal controller, and `serviceTokenConfig` among the slices.
 */
@Injectable()
export class ServiceTokenGuard implements CanActivate {
  private readonly key: Uint8Array;

  constructor(
    @Inject(serviceTokenConfig.token) config: ConfigOf<typeof serviceTokenConfig>,
    @Inject(SERVICE_NAME) private readonly service: string,
  ) {
    this.key = new TextEncoder().encode(config.SERVICE_TOKEN_SECRET);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { authorization } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (!token) throw new AppError('unauthenticated', 'A service token is required');
    try {
      await jwtVerify(token, this.key, {
        algorithms: ['HS256'],
        audience: this.service,
        requiredClaims: ['iss', 'exp'],
        clockTolerance: 5,
      });
      return true;
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      throw new AppError('unauthenticated', `The service token is refused: ${error.message}`);
    }
  }
}
