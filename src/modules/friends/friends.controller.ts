import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import * as protocol from '@nestim/protocol';
import { createZodDto } from 'nestjs-zod';
import { ApiErrors } from '../../common/api-errors.decorator.js';
import type { Ctx } from '../../common/ctx.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { CurrentCtx } from '../users/index.js';
import { FriendsService } from './friends.service.js';

class PageQueryDto extends createZodDto(protocol.PageQuery) {}
class FriendListDto extends createZodDto(protocol.FriendList) {}
class FriendResultDto extends createZodDto(protocol.FriendResult) {}

@ApiTags('friends')
@ApiBearerAuth()
@Controller('friends')
export class FriendsController {
  constructor(private readonly friends: FriendsService) {}

  @Get()
  @ApiOkResponse({ type: FriendListDto })
  list(
    @CurrentCtx() ctx: Ctx,
    @Query(new ZodPipe(protocol.PageQuery)) query: PageQueryDto,
  ): Promise<protocol.FriendList> {
    return this.friends.list(ctx, query);
  }

  @Get(':userId')
  @ApiErrors('USER_NOT_FOUND', 'INVALID_FRIEND_RECORD')
  @ApiOkResponse({ type: FriendResultDto })
  async get(
    @CurrentCtx() ctx: Ctx,
    @Param('userId', new ZodPipe(protocol.UserId)) userId: string,
  ): Promise<FriendResultDto> {
    return { friend: await this.friends.get(ctx, userId) };
  }
}
