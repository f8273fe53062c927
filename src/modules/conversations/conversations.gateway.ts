import {
  type Ack,
  type ConversationList,
  ListConversations,
  ReadConversation,
  type ReadResult,
} from '@nestim/protocol';
import type { Ctx } from '../../common/ctx.js';
import { ImGateway, OnEvent } from '../../realtime/im-gateway.decorator.js';
import { ConversationsService } from './conversations.service.js';

@ImGateway()
export class ConversationsGateway {
  constructor(private readonly conversations: ConversationsService) {}

  @OnEvent('conversation:list', ListConversations)
  async list(ctx: Ctx, query: ListConversations): Promise<Ack<ConversationList>> {
    return { ok: true, data: await this.conversations.list(ctx, query) };
  }

  @OnEvent('message:read', ReadConversation)
  async read(ctx: Ctx, read: ReadConversation): Promise<Ack<ReadResult>> {
    return { ok: true, data: await this.conversations.markRead(ctx, read) };
  }
}
