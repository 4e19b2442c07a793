import { applyDecorators, Controller, UseGuards, UsePipes } from '@nestjs/common';
import { AuthGuard } from './auth/auth.guard.ts';
import { StorableTextPipe } from './storable-text.pipe.ts';

/** A controller of the public API: its routes act as the caller. */
export const UserController = () =>
  applyDecorators(Controller(), UseGuards(AuthGuard), UsePipes(new StorableTextPipe()));
