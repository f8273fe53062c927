import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { IS_ADMIN_ONLY } from '../../common/admin-only.decorator.js';
import { AppError } from '../../common/app-error.js';
import { IS_PUBLIC } from '../../common/public.decorator.js';
import { presentsAdminToken } from '../../config/admin-token.js';
import { AppConfig } from '../../config/app-config.js';
import { ClientAddress } from '../../infra/limits/client-address.js';
import { RateLimits } from '../../infra/limits/rate-limits.js';
import type { AuthenticatedRequest } from './current-ctx.decorator.js';
import { SessionsService } from './sessions.service.js';

/** Stands before every route: without a mark of its own, a route wants a valid access token. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly config: AppConfig,
    private readonly sessions: SessionsService,
    private readonly limits: RateLimits,
    private readonly addresses: ClientAddress,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (this.isMarked(context, IS_ADMIN_ONLY)) this.assertAdmin(request);
    else if (!this.isMarked(context, IS_PUBLIC)) await this.identify(request);
    return true;
  }

  private isMarked(context: ExecutionContext, mark: string): boolean {
    return (
      this.reflector.getAllAndOverride<unknown>(mark, [context.getHandler(), context.getClass()]) === true
    );
  }

  private assertAdmin(request: AuthenticatedRequest): void {
    if (this.config.adminToken === undefined) throw new AppError('NOT_FOUND');
    if (!presentsAdminToken(this.config, request.headers.authorization))
      throw new AppError('UNAUTHENTICATED');
  }

  private async identify(request: AuthenticatedRequest): Promise<void> {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined) throw new AppError('UNAUTHENTICATED');
    request.ctx = await this.sessions.authenticate(token);
    if (this.addresses.of(request) !== null) this.limits.user.take(request.ctx.userId);
  }
}
