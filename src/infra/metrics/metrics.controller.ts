import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AppError } from '../../common/app-error.js';
import { Public } from '../../common/public.decorator.js';
import { presentsAdminToken } from '../../config/admin-token.js';
import { AppConfig } from '../../config/app-config.js';
import { Metrics } from './metrics.js';

const LOOPBACK = /^(::ffff:)?127\.|^::1$/;
/** A reverse proxy on the same machine makes every caller look local; it says so in one of these. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip'];

/** `/metrics` for a scraper on this machine or one with the admin token; nobody else learns that it exists. */
@ApiExcludeController()
@Public()
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly config: AppConfig,
  ) {}

  @Get()
  async scrape(@Req() request: Request, @Res() response: Response): Promise<void> {
    if (!isLocal(request) && !presentsAdminToken(this.config, request.get('authorization'))) {
      throw new AppError('NOT_FOUND');
    }
    response.type(this.metrics.registry.contentType).send(await this.metrics.registry.metrics());
  }
}

function isLocal(request: Request): boolean {
  const proxied = PROXY_HEADERS.some((header) => request.headers[header] !== undefined);
  return !proxied && LOOPBACK.test(request.socket.remoteAddress ?? '');
}
