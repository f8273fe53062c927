import { Controller, Get, Res } from '@nestjs/common';
import type { Liveness, Readiness } from '@nestim/protocol';
import type { Response } from 'express';
import { Public } from '../../common/public.decorator.js';
import { HealthService } from './health.service.js';

@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('live')
  live(): Liveness {
    return this.health.live();
  }

  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    const readiness = await this.health.ready();
    response.status(readiness.status === 'ready' ? 200 : 503);
    return readiness;
  }
}
