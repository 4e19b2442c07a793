import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AppError } from '@torale/contracts';

/** The token that makes an operator; undefined: nobody is one. */
export const OPERATOR_TOKEN = Symbol.for('torale.OperatorToken');

@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(@Inject(OPERATOR_TOKEN) private readonly token: string | undefined) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.token === undefined) {
      throw new AppError('forbidden', 'There are no operators here: set OPERATOR_TOKEN for the worker.');
    }
    const { headers } = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
    const given = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (given === undefined) throw new AppError('unauthenticated', 'The operator token is required.');
    if (!timingSafeEqual(digestOf(given), digestOf(this.token))) {
      throw new AppError('invalid_credentials', 'This is not the operator token.');
    }
    return true;
  }
}

/** Of one length, whatever is given. */
const digestOf = (token: string) => createHash('sha256').update(token).digest();
