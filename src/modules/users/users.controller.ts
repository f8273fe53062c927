import { Controller, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import * as protocol from '@nestim/protocol';
import { createZodDto } from 'nestjs-zod';
import { ApiErrors } from '../../common/api-errors.decorator.js';
import type { Ctx } from '../../common/ctx.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { CurrentCtx } from './current-ctx.decorator.js';
import { UsersService } from './users.service.js';

class UserResultDto extends createZodDto(protocol.UserResult) {}

@ApiTags('users')
@ApiBearerAuth()
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get('me')
  @ApiOkResponse({ type: UserResultDto })
  async getMe(@CurrentCtx() ctx: Ctx): Promise<UserResultDto> {
    return { user: await this.users.get(ctx.userId) };
  }

  @Get(':userId')
  @ApiErrors('USER_NOT_FOUND')
  @ApiOkResponse({ type: UserResultDto })
  async get(@Param('userId', new ZodPipe(protocol.UserId)) userId: string): Promise<UserResultDto> {
    return { user: await this.users.get(userId) };
  }
}
