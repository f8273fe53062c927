import { type Ack, Sync, type SyncResult } from '@nestim/protocol';
import type { Ctx } from '../../common/ctx.js';
import { ImGateway, OnEvent } from '../../realtime/im-gateway.decorator.js';
import { SyncService } from './sync.service.js';

@ImGateway()
export class SyncGateway {
  constructor(private readonly service: SyncService) {}

  @OnEvent('sync', Sync)
  async sync(ctx: Ctx, query: Sync): Promise<Ack<SyncResult>> {
    return { ok: true, data: await this.service.sync(ctx, query) };
  }
}
