import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import * as protocol from '@nestim/protocol';
import { createZodDto } from 'nestjs-zod';
import { ApiErrors } from '../../common/api-errors.decorator.js';
import { AdminOnly } from '../../common/admin-only.decorator.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { AuthService } from './auth.service.js';
import { UsersService } from './users.service.js';

class AdminCreateUserDto extends createZodDto(protocol.AdminCreateUser) {}
class AdminCreateTokenDto extends createZodDto(protocol.AdminCreateToken) {}
class UserResultDto extends createZodDto(protocol.UserResult) {}
class AdminUserResultDto extends createZodDto(protocol.AdminUserResult) {}
class TokenPairDto extends createZodDto(protocol.TokenPair) {}

/** For a trusted backend that keeps the users itself. */
@ApiTags('admin')
@ApiBearerAuth('admin')
@AdminOnly()
@Controller('admin')
export class UsersAdminController {
  constructor(
    private readonly users: UsersService,
    private readonly auth: AuthService,
  ) {}

  @Post('users')
  @ApiErrors('USER_EXISTS')
  @ApiCreatedResponse({ type: UserResultDto })
  async createUser(
    @Body(new ZodPipe(protocol.AdminCreateUser)) body: AdminCreateUserDto,
  ): Promise<UserResultDto> {
    return { user: await this.users.create(body) };
  }

  @Post('users/:userId/disable')
  @ApiErrors('USER_NOT_FOUND')
  @HttpCode(200)
  @ApiOkResponse({ type: AdminUserResultDto })
  disableUser(
    @Param('userId', new ZodPipe(protocol.UserId)) userId: string,
  ): Promise<protocol.AdminUserResult> {
    return this.auth.disable(userId);
  }

  @Post('users/:userId/enable')
  @ApiErrors('USER_NOT_FOUND')
  @HttpCode(200)
  @ApiOkResponse({ type: AdminUserResultDto })
  enableUser(
    @Param('userId', new ZodPipe(protocol.UserId)) userId: string,
  ): Promise<protocol.AdminUserResult> {
    return this.auth.enable(userId);
  }

  @Post('tokens')
  @ApiErrors('USER_NOT_FOUND', 'USER_DISABLED')
  @ApiCreatedResponse({ type: TokenPairDto })
  createTokens(
    @Body(new ZodPipe(protocol.AdminCreateToken)) body: AdminCreateTokenDto,
  ): Promise<protocol.TokenPair> {
    return this.auth.issueTokens(body);
  }
}
