import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ConversationId, HistoryQuery, type Message, type MessagePage, SendMessage } from '@nestim/protocol';
import type { Ctx } from '../../common/ctx.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { CurrentCtx } from '../users/index.js';
import { MessagesService } from './messages.service.js';

@Controller()
export class MessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Post('messages')
  @HttpCode(200)
  async send(
    @CurrentCtx() ctx: Ctx,
    @Body(new ZodPipe(SendMessage)) message: SendMessage,
  ): Promise<{ message: Message }> {
    return { message: await this.messages.send(ctx, message) };
  }

  @Get('conversations/:conversationId/messages')
  history(
    @CurrentCtx() ctx: Ctx,
    @Param('conversationId', new ZodPipe(ConversationId)) conversationId: string,
    @Query(new ZodPipe(HistoryQuery)) { before, after, limit }: HistoryQuery,
  ): Promise<MessagePage> {
    return this.messages.pull(ctx, {
      conversationId,
      ...(after !== undefined && { fromSeq: after + 1 }),
      ...(before !== undefined && { toSeq: before - 1 }),
      ...(limit !== undefined && { limit }),
    });
  }
}
