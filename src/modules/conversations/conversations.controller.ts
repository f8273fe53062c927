import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import * as protocol from '@nestim/protocol';
import { createZodDto } from 'nestjs-zod';
import { ApiErrors } from '../../common/api-errors.decorator.js';
import type { Ctx } from '../../common/ctx.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { CurrentCtx } from '../users/index.js';
import { ConversationsService } from './conversations.service.js';

class PageQueryDto extends createZodDto(protocol.PageQuery) {}
class ConversationListDto extends createZodDto(protocol.ConversationList) {}
class ReadBodyDto extends createZodDto(protocol.ReadBody) {}
class ReadResultDto extends createZodDto(protocol.ReadResult) {}

@ApiTags('conversations')
@ApiBearerAuth()
@Controller('conversations')
export class ConversationsController {
  constructor(private readonly conversations: ConversationsService) {}

  @Get()
  @ApiOkResponse({ type: ConversationListDto })
  list(
    @CurrentCtx() ctx: Ctx,
    @Query(new ZodPipe(protocol.PageQuery)) query: PageQueryDto,
  ): Promise<protocol.ConversationList> {
    return this.conversations.list(ctx, query);
  }

  @Post(':conversationId/read')
  @ApiErrors('CONVERSATION_NOT_FOUND')
  @HttpCode(200)
  @ApiOkResponse({ type: ReadResultDto })
  read(
    @CurrentCtx() ctx: Ctx,
    @Param('conversationId', new ZodPipe(protocol.ConversationId)) conversationId: string,
    @Body(new ZodPipe(protocol.ReadBody)) { seq }: ReadBodyDto,
  ): Promise<protocol.ReadResult> {
    return this.conversations.markRead(ctx, { conversationId, seq });
  }
}
