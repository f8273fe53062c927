import { MessageBody, SubscribeMessage } from '@nestjs/websockets';
import {
  type Ack,
  type ConversationList,
  ListConversations,
  ReadConversation,
  type ReadResult,
} from '@nestim/protocol';
import type { Ctx } from '../../common/ctx.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { ImGateway, SocketCtx } from '../../realtime/im-gateway.decorator.js';
import { ConversationsService } from './conversations.service.js';

@ImGateway()
export class ConversationsGateway {
  constructor(private readonly conversations: ConversationsService) {}

  @SubscribeMessage('conversation:list')
  async list(
    @SocketCtx() ctx: Ctx,
    @MessageBody(new ZodPipe(ListConversations)) query: ListConversations,
  ): Promise<Ack<ConversationList>> {
    return { ok: true, data: await this.conversations.list(ctx, query) };
  }

  @SubscribeMessage('message:read')
  async read(
    @SocketCtx() ctx: Ctx,
    @MessageBody(new ZodPipe(ReadConversation)) read: ReadConversation,
  ): Promise<Ack<ReadResult>> {
    return { ok: true, data: await this.conversations.markRead(ctx, read) };
  }
}
