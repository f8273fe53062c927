import { Body, Controller, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiTags } from '@nestjs/swagger';
import * as protocol from '@nestim/protocol';
import { createZodDto } from 'nestjs-zod';
import { AdminOnly } from '../../common/admin-only.decorator.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { AuthService } from './auth.service.js';
import { UsersService } from './users.service.js';

class AdminCreateUserDto extends createZodDto(protocol.AdminCreateUser) {}
class AdminCreateTokenDto extends createZodDto(protocol.AdminCreateToken) {}
class UserResultDto extends createZodDto(protocol.UserResult) {}
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
  @ApiCreatedResponse({ type: UserResultDto })
  async createUser(
    @Body(new ZodPipe(protocol.AdminCreateUser)) body: AdminCreateUserDto,
  ): Promise<UserResultDto> {
    return { user: await this.users.create(body) };
  }

  @Post('tokens')
  @ApiCreatedResponse({ type: TokenPairDto })
  createTokens(
    @Body(new ZodPipe(protocol.AdminCreateToken)) body: AdminCreateTokenDto,
  ): Promise<protocol.TokenPair> {
    return this.auth.issueTokens(body);
  }
}
