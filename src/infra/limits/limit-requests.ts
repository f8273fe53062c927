import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { presentsAdminToken } from '../../config/admin-token.js';
import { AppConfig } from '../../config/app-config.js';
import { ClientAddress } from './client-address.js';
import { RateLimits } from './rate-limits.js';

/** Holds every address to its rate, before anything is read of a request; who presents the admin token is exempt. */
export function limitRequests(app: NestExpressApplication, path: string): void {
  const [config, addresses, limits] = [app.get(AppConfig), app.get(ClientAddress), app.get(RateLimits)];
  app.use(path, (request: Request, _: Response, next: NextFunction) => {
    if (!presentsAdminToken(config, request.headers.authorization))
      limits.address.take(addresses.of(request));
    next();
  });
}
