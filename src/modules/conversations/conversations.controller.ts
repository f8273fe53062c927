import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ConversationId,
  type ConversationList,
  PageQuery,
  ReadBody,
  type ReadResult,
} from '@nestim/protocol';
import type { Ctx } from '../../common/ctx.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { CurrentCtx } from '../users/index.js';
import { ConversationsService } from './conversations.service.js';

@Controller('conversations')
export class ConversationsController {
  constructor(private readonly conversations: ConversationsService) {}

  @Get()
  list(@CurrentCtx() ctx: Ctx, @Query(new ZodPipe(PageQuery)) query: PageQuery): Promise<ConversationList> {
    return this.conversations.list(ctx, query);
  }

  @Post(':conversationId/read')
  @HttpCode(200)
  read(
    @CurrentCtx() ctx: Ctx,
    @Param('conversationId', new ZodPipe(ConversationId)) conversationId: string,
    @Body(new ZodPipe(ReadBody)) { seq }: ReadBody,
  ): Promise<ReadResult> {
    return this.conversations.markRead(ctx, { conversationId, seq });
  }
}
