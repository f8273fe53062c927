import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { Ctx } from '../../common/ctx.js';

/** `ctx` is what the guard found out. */
export type AuthenticatedRequest = Request & { ctx?: Ctx };

/** Who asks; there on every route that is neither public nor for admins only. */
export const CurrentCtx = createParamDecorator((_: unknown, host: ExecutionContext): Ctx => {
  const { ctx } = host.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!ctx) throw new Error('CurrentCtx on a route without authentication');
  return ctx;
});
