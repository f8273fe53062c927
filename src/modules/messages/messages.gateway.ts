import { MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { PullMessages, SendMessage } from '@nestim/protocol';
import type { Ctx } from '../../common/ctx.js';
import { RawJson } from '../../common/raw-json.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { ImGateway, SocketCtx } from '../../realtime/im-gateway.decorator.js';
import { MessagesService } from './messages.service.js';

@ImGateway()
export class MessagesGateway {
  constructor(private readonly messages: MessagesService) {}

  /** Acks the stored Message. */
  @SubscribeMessage('message:send')
  async send(
    @SocketCtx() ctx: Ctx,
    @MessageBody(new ZodPipe(SendMessage)) message: SendMessage,
  ): Promise<RawJson> {
    const { text } = await this.messages.send(ctx, message);
    return new RawJson(`{"ok":true,"data":{"message":${text}}}`);
  }

  /** Acks a MessagePage. */
  @SubscribeMessage('message:pull')
  async pull(
    @SocketCtx() ctx: Ctx,
    @MessageBody(new ZodPipe(PullMessages)) query: PullMessages,
  ): Promise<RawJson> {
    return new RawJson(`{"ok":true,"data":${await this.messages.pull(ctx, query)}}`);
  }
}
