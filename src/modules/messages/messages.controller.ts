import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import * as protocol from '@nestim/protocol';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { ApiErrors } from '../../common/api-errors.decorator.js';
import type { Ctx } from '../../common/ctx.js';
import { RawJson } from '../../common/raw-json.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { CurrentCtx } from '../users/index.js';
import { MessagesService } from './messages.service.js';

class MessageResultDto extends createZodDto(protocol.MessageResult) {}
class HistoryQueryDto extends createZodDto(protocol.HistoryQuery) {}
class MessagePageDto extends createZodDto(protocol.MessagePage) {}

/** A union has no DTO class. */
const sendMessageSchema = z.toJSONSchema(protocol.SendMessage, { io: 'input', target: 'openapi-3.0' });

@ApiTags('messages')
@ApiBearerAuth()
@Controller()
export class MessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Post('messages')
  @HttpCode(200)
  @ApiErrors(...protocol.CLIENT_EVENTS['message:send'].errors, 'SHUTTING_DOWN')
  @ApiBody({ schema: sendMessageSchema as object })
  @ApiOkResponse({ type: MessageResultDto })
  async send(
    @CurrentCtx() ctx: Ctx,
    @Body(new ZodPipe(protocol.SendMessage)) message: protocol.SendMessage,
  ): Promise<{ message: protocol.Message }> {
    return { message: (await this.messages.send(ctx, message)).message };
  }

  @Get('conversations/:conversationId/messages')
  @ApiErrors('CONVERSATION_NOT_FOUND')
  @ApiOkResponse({ type: MessagePageDto })
  async history(
    @CurrentCtx() ctx: Ctx,
    @Param('conversationId', new ZodPipe(protocol.ConversationId)) conversationId: string,
    @Query(new ZodPipe(protocol.HistoryQuery)) { before, after, limit }: HistoryQueryDto,
  ): Promise<RawJson<protocol.MessagePage>> {
    const page = await this.messages.pull(ctx, {
      conversationId,
      ...(after !== undefined && { fromSeq: after + 1 }),
      ...(before !== undefined && { toSeq: before - 1 }),
      ...(limit !== undefined && { limit }),
    });
    return new RawJson(page);
  }
}
