import { Injectable } from '@nestjs/common';
import type { Sync, SyncResult } from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';
import { BoundedQueue } from '../../common/bounded-queue.js';
import type { Ctx } from '../../common/ctx.js';
import { DEFAULT_PAGE } from '../../common/paging.js';
import { AppConfig } from '../../config/app-config.js';
import { PER_MS, Revisions } from '../../infra/revisions/revisions.js';
import { RealtimeServer } from '../../realtime/realtime-server.js';
import { ConversationChangesService } from '../conversations/index.js';
import { FriendsService } from '../friends/index.js';
import { decodeSyncCursor, encodeSyncCursor, type SyncCursor } from './sync-cursor.js';

/** Pages being made, and waiting for their turn: a crowd that comes back does not hold up what others send. */
const CONCURRENCY = 32;
const MAX_WAITING = 20_000;
/** A cursor older than this begins anew. */
const MAX_AGE = 30 * 24 * 3_600_000 * PER_MS;
/** Other processes may store what they began so long ago, and their clocks may differ by as much. */
const OVERLAP = 10_000 * PER_MS;

/** Tells a client the states that changed while it was away: conversations first, page by page, then friends. */
@Injectable()
export class SyncService {
  private readonly overlap: number;
  private readonly queue = new BoundedQueue(CONCURRENCY, MAX_WAITING);

  constructor(
    config: AppConfig,
    private readonly revisions: Revisions,
    private readonly conversations: ConversationChangesService,
    private readonly friends: FriendsService,
    private readonly sockets: RealtimeServer,
  ) {
    this.overlap = config.cacheTtlMs > 0 ? OVERLAP : 0;
  }

  /** @throws AppError BAD_REQUEST for what is no cursor; TOO_MANY_REQUESTS when too many wait */
  sync(ctx: Ctx, query: Sync): Promise<SyncResult> {
    return this.queue.run(async () => {
      // Nobody reads the answer of who left while he waited.
      if (this.sockets.hasLeft(ctx)) throw new AppError('TOO_MANY_REQUESTS');
      return this.makePage(ctx, query);
    });
  }

  private async makePage(ctx: Ctx, query: Sync): Promise<SyncResult> {
    const given = query.cursor === undefined ? null : decodeSyncCursor(query.cursor);
    const usable = given !== null && this.isUsable(given);
    const at = this.begin(usable ? given : null);
    const limit = query.limit ?? DEFAULT_PAGE;
    const result = { ...nothing(), reset: query.cursor !== undefined && !usable };
    let next: SyncCursor = at;
    if (next.part === 'conversations') {
      const { nextAfter, ...changes } = await this.conversations.list(ctx.userId, at.since, at.after, limit);
      Object.assign(result, changes);
      next = nextAfter === null ? { ...at, part: 'friends', after: '' } : { ...at, after: nextAfter };
    }
    if (next.part === 'friends') {
      const page = await this.friends.listChanged(ctx, at.since / PER_MS, next.after, limit);
      result.friends = page.friends;
      next =
        page.nextAfter === null
          ? { ...next, since: at.until, part: null, after: '' }
          : { ...next, after: page.nextAfter };
    }
    return { ...result, cursor: encodeSyncCursor(next), more: next.part !== null };
  }

  private isUsable({ epoch, since, until }: SyncCursor): boolean {
    const { horizon } = this.revisions;
    if (epoch !== this.revisions.epoch || until > horizon || since > until) return false;
    return since === 0 || since > horizon - MAX_AGE;
  }

  private begin(cursor: SyncCursor | null): SyncCursor {
    if (cursor?.part) return cursor;
    const { epoch, horizon } = this.revisions;
    const since = Math.max(0, (cursor?.since ?? 0) - this.overlap);
    return { epoch, since, until: horizon, part: 'conversations', after: '' };
  }
}

const nothing = (): Omit<SyncResult, 'cursor' | 'more' | 'reset'> => ({
  conversations: [],
  groups: [],
  friends: [],
  receipts: [],
  removed: [],
});
