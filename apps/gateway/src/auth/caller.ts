import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { UserClaims } from '@torale/database';

/** Who makes a request, and what they proved it with. */
export interface Caller {
  claims: UserClaims;
  via: 'access_token' | 'api_key';
}

/** A request that AuthGuard let through. */
export interface AuthenticatedRequest {
  caller: Caller;
}

/** The caller of a route behind AuthGuard. */
export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<AuthenticatedRequest>().caller,
);
