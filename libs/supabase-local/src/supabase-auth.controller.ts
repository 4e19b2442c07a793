import {
  Body,
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Inject,
  Ip,
  Post,
  Put,
  Query,
  UseFilters,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { JSONWebKeySet } from 'jose';
import { GoTrueError, GoTrueErrorFilter } from './gotrue-error.ts';
import type { GoTrueUser } from './gotrue-user.ts';
import { SIGNING_KEYS, type SigningKeys } from './signing-keys.ts';
import { type AccessTokenResponse, SupabaseAuthService } from './supabase-auth.service.ts';

/** The part of GoTrue's HTTP API that supabase-js uses for e-mail and password. */
@Controller('auth/v1')
@ApiExcludeController()
@UseFilters(GoTrueErrorFilter)
export class SupabaseAuthController {
  constructor(
    @Inject(SupabaseAuthService) private readonly auth: SupabaseAuthService,
    @Inject(SIGNING_KEYS) private readonly keys: SigningKeys,
  ) {}

  @Post('signup')
  @HttpCode(200)
  signUp(
    @Body() body: unknown,
    @Ip() ip: string,
    @Headers('user-agent') userAgent: string | undefined,
  ): Promise<AccessTokenResponse> {
    return this.auth.signUp(body, { ip, user_agent: userAgent ?? null });
  }

  @Post('token')
  @HttpCode(200)
  token(
    @Query('grant_type') grantType: string | undefined,
    @Body() body: unknown,
    @Ip() ip: string,
    @Headers('user-agent') userAgent: string | undefined,
  ): Promise<AccessTokenResponse> {
    switch (grantType) {
      case 'password':
        return this.auth.signIn(body, { ip, user_agent: userAgent ?? null });
      case 'refresh_token':
        return this.auth.refresh(body);
      default:
        throw new GoTrueError(400, 'invalid_credentials', 'unsupported_grant_type');
    }
  }

  @Get('user')
  user(@Headers('authorization') authorization: string | undefined): Promise<GoTrueUser> {
    return this.auth.getUser(authorization);
  }

  @Put('user')
  updateUser(
    @Headers('authorization') authorization: string | undefined,
    @Body() body: unknown,
  ): Promise<GoTrueUser> {
    return this.auth.updateUser(authorization, body);
  }

  @Post('logout')
  @HttpCode(204)
  signOut(
    @Headers('authorization') authorization: string | undefined,
    @Query('scope') scope: string | undefined,
  ): Promise<void> {
    return this.auth.signOut(authorization, scope);
  }

  @Get('.well-known/jwks.json')
  @Header('cache-control', 'public, max-age=600')
  jwks(): JSONWebKeySet {
    return this.keys.jwks;
  }
}
