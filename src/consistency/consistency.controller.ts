import { Controller, Get, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import * as protocol from '@nestim/protocol';
import type { Response } from 'express';
import { createZodDto } from 'nestjs-zod';
import { AdminOnly } from '../common/admin-only.decorator.js';
import { Public } from '../common/public.decorator.js';
import { presentsAdminToken } from '../config/admin-token.js';
import { AppConfig } from '../config/app-config.js';
import { ConsistencyRunner } from './consistency-runner.js';

class ConsistencyReportDto extends createZodDto(protocol.ConsistencyReport) {}

@Controller()
export class ConsistencyController {
  constructor(
    private readonly runner: ConsistencyRunner,
    private readonly config: AppConfig,
  ) {}

  /** The last result, at no cost: 200 when everything was looked at and is good, else 503. Ids only for the admin. */
  @Get('health/consistency')
  @Public()
  @ApiTags('health')
  @ApiOkResponse({ type: ConsistencyReportDto })
  @ApiServiceUnavailableResponse({ type: ConsistencyReportDto })
  last(
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): protocol.ConsistencyReport {
    const report = this.runner.lastReport;
    response.status(report.status === 'ok' ? 200 : 503);
    if (presentsAdminToken(this.config, authorization)) return report;
    return { ...report, findings: report.findings.map(({ kind, count }) => ({ kind, count })) };
  }

  /** Checks everything now. */
  @Post('admin/consistency/run')
  @HttpCode(200)
  @AdminOnly()
  @ApiTags('admin')
  @ApiBearerAuth('admin')
  @ApiOkResponse({ type: ConsistencyReportDto })
  run(): Promise<protocol.ConsistencyReport> {
    return this.runner.run();
  }
}
