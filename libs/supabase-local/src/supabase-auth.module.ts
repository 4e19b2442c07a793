import { Module } from '@nestjs/common';
import { SupabaseAuthController } from './supabase-auth.controller.ts';
import { SupabaseAuthRepository } from './supabase-auth.repository.ts';
import { SupabaseAuthService } from './supabase-auth.service.ts';

/**
 * The embedded Supabase auth at `/auth/v1`. Needs DATABASE, SIGNING_KEYS and the slice `supabaseAuthConfig` from a
 * global module.
 */
@Module({
  controllers: [SupabaseAuthController],
  providers: [SupabaseAuthService, SupabaseAuthRepository],
})
export class SupabaseAuthModule {}
