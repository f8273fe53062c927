import { PullMessages, SendMessage } from '@nestim/protocol';
import type { Ctx } from '../../common/ctx.js';
import { RawJson } from '../../common/raw-json.js';
import { ImGateway, OnEvent } from '../../realtime/im-gateway.decorator.js';
import { MessagesService } from './messages.service.js';

@ImGateway()
export class MessagesGateway {
  constructor(private readonly messages: MessagesService) {}

  /** Acks the stored Message. */
  @OnEvent('message:send', SendMessage)
  async send(ctx: Ctx, message: SendMessage): Promise<RawJson> {
    const { text } = await this.messages.send(ctx, message);
    return new RawJson(`{"ok":true,"data":{"message":${text}}}`);
  }

  /** Acks a MessagePage. */
  @OnEvent('message:pull', PullMessages)
  async pull(ctx: Ctx, query: PullMessages): Promise<RawJson> {
    return new RawJson(`{"ok":true,"data":${await this.messages.pull(ctx, query)}}`);
  }
}
