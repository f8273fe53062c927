import { MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { type Ack, Sync, type SyncResult } from '@nestim/protocol';
import type { Ctx } from '../../common/ctx.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { ImGateway, SocketCtx } from '../../realtime/im-gateway.decorator.js';
import { SyncService } from './sync.service.js';

@ImGateway()
export class SyncGateway {
  constructor(private readonly service: SyncService) {}

  @SubscribeMessage('sync')
  async sync(@SocketCtx() ctx: Ctx, @MessageBody(new ZodPipe(Sync)) query: Sync): Promise<Ack<SyncResult>> {
    return { ok: true, data: await this.service.sync(ctx, query) };
  }
}
