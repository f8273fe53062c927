import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import * as protocol from '@nestim/protocol';
import type { Response } from 'express';
import { createZodDto } from 'nestjs-zod';
import { Public } from '../../common/public.decorator.js';
import { HealthService } from './health.service.js';

class LivenessDto extends createZodDto(protocol.Liveness) {}
class ReadinessDto extends createZodDto(protocol.Readiness) {}

@ApiTags('health')
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('live')
  @ApiOkResponse({ type: LivenessDto })
  live(): protocol.Liveness {
    return this.health.live();
  }

  @Get('ready')
  @ApiOkResponse({ type: ReadinessDto })
  @ApiServiceUnavailableResponse({ type: ReadinessDto })
  async ready(@Res({ passthrough: true }) response: Response): Promise<protocol.Readiness> {
    const readiness = await this.health.ready();
    response.status(readiness.status === 'ready' ? 200 : 503);
    return readiness;
  }
}
