import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { AppError } from '@torale/contracts';
import { ApiKeysService } from '../api-keys/api-keys.service.ts';
import { AccessTokens } from './access-tokens.ts';
import type { AuthenticatedRequest, Caller } from './caller.ts';

/** Lets in who shows an access token of Supabase or an API key, and notes them as the request's caller. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    @Inject(AccessTokens) private readonly accessTokens: AccessTokens,
    @Inject(ApiKeysService) private readonly apiKeys: ApiKeysService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context
      .switchToHttp()
      .getRequest<AuthenticatedRequest & { headers: Record<string, string | undefined> }>();
    request.caller = await this.identify(request.headers['x-api-key'], request.headers['authorization']);
    return true;
  }

  private async identify(apiKey: string | undefined, authorization: string | undefined): Promise<Caller> {
    const credential = apiKey ?? /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (credential === undefined) {
      throw new AppError(
        'unauthenticated',
        'Send an access token as `Authorization: Bearer …` or an API key as `X-API-Key: trl_…`',
      );
    }
    if (apiKey !== undefined || this.apiKeys.isApiKey(credential)) {
      const sub = await this.apiKeys.authenticate(credential);
      return { claims: { sub, role: 'authenticated' }, via: 'api_key' };
    }
    return { claims: await this.accessTokens.verify(credential), via: 'access_token' };
  }
}
