import { Body, Controller, Delete, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import * as protocol from '@nestim/protocol';
import { createZodDto } from 'nestjs-zod';
import type { Request } from 'express';
import { ApiErrors } from '../../common/api-errors.decorator.js';
import type { Ctx } from '../../common/ctx.js';
import { Public } from '../../common/public.decorator.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { ClientAddress } from '../../infra/limits/client-address.js';
import { AuthService } from './auth.service.js';
import { CurrentCtx } from './current-ctx.decorator.js';
import { SessionsService } from './sessions.service.js';

class RegisterDto extends createZodDto(protocol.Register) {}
class LoginDto extends createZodDto(protocol.Login) {}
class ChangePasswordDto extends createZodDto(protocol.ChangePassword) {}
class RefreshDto extends createZodDto(protocol.Refresh) {}
class AuthResultDto extends createZodDto(protocol.AuthResult) {}
class TokenPairDto extends createZodDto(protocol.TokenPair) {}
class SessionListDto extends createZodDto(protocol.SessionList) {}

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly sessions: SessionsService,
    private readonly addresses: ClientAddress,
  ) {}

  @Public()
  @Post('register')
  @ApiErrors('REGISTRATION_CLOSED', 'USERNAME_TAKEN', 'TOO_MANY_REQUESTS')
  @ApiCreatedResponse({ type: AuthResultDto })
  register(
    @Body(new ZodPipe(protocol.Register)) body: RegisterDto,
    @Req() request: Request,
  ): Promise<protocol.AuthResult> {
    return this.auth.register(body, this.addresses.of(request));
  }

  @Public()
  @Post('login')
  @ApiErrors('BAD_CREDENTIALS', 'UNAUTHENTICATED', 'USER_DISABLED', 'TOO_MANY_REQUESTS')
  @HttpCode(200)
  @ApiOkResponse({ type: AuthResultDto })
  login(
    @Body(new ZodPipe(protocol.Login)) body: LoginDto,
    @Req() request: Request,
  ): Promise<protocol.AuthResult> {
    return this.auth.login(body, this.addresses.of(request));
  }

  @Public()
  @Post('refresh')
  @ApiErrors('UNAUTHENTICATED', 'SESSION_REVOKED', 'USER_DISABLED', 'TOO_MANY_REQUESTS')
  @HttpCode(200)
  @ApiOkResponse({ type: TokenPairDto })
  refresh(@Body(new ZodPipe(protocol.Refresh)) body: RefreshDto): Promise<protocol.TokenPair> {
    return this.sessions.refresh(body.refreshToken);
  }

  @ApiBearerAuth()
  @Post('password')
  @ApiErrors('BAD_CREDENTIALS')
  @HttpCode(204)
  changePassword(
    @CurrentCtx() ctx: Ctx,
    @Body(new ZodPipe(protocol.ChangePassword)) body: ChangePasswordDto,
  ): Promise<void> {
    return this.auth.changePassword(ctx, body);
  }

  @ApiBearerAuth()
  @Post('logout')
  @ApiErrors('SESSION_NOT_FOUND')
  @HttpCode(204)
  logout(@CurrentCtx() ctx: Ctx): Promise<void> {
    return this.sessions.end(ctx.userId, ctx.sessionId);
  }

  @ApiBearerAuth()
  @Get('sessions')
  @ApiOkResponse({ type: SessionListDto })
  async listSessions(@CurrentCtx() ctx: Ctx): Promise<SessionListDto> {
    return { sessions: await this.sessions.list(ctx) };
  }

  @ApiBearerAuth()
  @Delete('sessions/:sessionId')
  @ApiErrors('SESSION_NOT_FOUND')
  @HttpCode(204)
  endSession(
    @CurrentCtx() ctx: Ctx,
    @Param('sessionId', new ZodPipe(protocol.UserId)) sessionId: string,
  ): Promise<void> {
    return this.sessions.end(ctx.userId, sessionId);
  }
}
