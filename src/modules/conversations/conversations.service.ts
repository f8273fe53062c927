import { Injectable } from '@nestjs/common';
import {
  ChannelType,
  type ConversationList,
  dmConversationId,
  type ListConversations,
  parseConversationId,
  type ReadConversation,
  type ReadResult,
} from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';
import type { Ctx } from '../../common/ctx.js';
import { LookupCache } from '../../common/lookup-cache.js';
import { cutPage, decodeCursor, DEFAULT_PAGE } from '../../common/paging.js';
import { AppConfig } from '../../config/app-config.js';
import { RealtimePublisher } from '../../realtime/realtime.publisher.js';
import { ChannelStates, type StoredNow } from './channel-states.js';
import { ConversationPresenter } from './conversation-presenter.js';
import { ConversationRepository, type Place, placeKey } from './conversation.repository.js';
import { type ConversationRow, readableWindow, type SeqWindow } from './conversation.rules.js';
import { SharedReads } from './shared-reads.js';
import { UnreadCounter } from './unread-counter.js';

const MAX_KNOWN_DMS = 100_000;
const MAX_READERS = 100_000;

@Injectable()
export class ConversationsService {
  /** Dms whose two rows are known to exist, so that sending does not ask again. */
  private readonly knownDms: LookupCache<true>;
  /** Rows as reading needs them: dropped whenever a window opens or closes. */
  private readonly readers: LookupCache<ConversationRow>;

  constructor(
    config: AppConfig,
    private readonly rows: ConversationRepository,
    private readonly shared: SharedReads,
    private readonly channels: ChannelStates,
    private readonly presenter: ConversationPresenter,
    private readonly unread: UnreadCounter,
    private readonly publisher: RealtimePublisher,
  ) {
    this.knownDms = new LookupCache({ max: MAX_KNOWN_DMS, ttlMs: config.cacheTtlMs });
    this.readers = new LookupCache({ max: MAX_READERS, ttlMs: config.cacheTtlMs });
  }

  async list(ctx: Ctx, query: ListConversations): Promise<ConversationList> {
    const limit = query.limit ?? DEFAULT_PAGE;
    const after = query.cursor === undefined ? '' : decodeCursor(query.cursor);
    const stored = await this.rows.listByOwner(ctx.userId, after, limit + 1);
    const { page, nextCursor } = cutPage(stored, limit, ({ channelId }) => channelId);
    const rows = this.presenter.usable(ctx.userId, page);
    return { conversations: await this.presenter.present(ctx.userId, rows), nextCursor };
  }

  /** Moves my read position forward, at most to the newest message I may see. */
  async markRead(ctx: Ctx, { conversationId, seq }: ReadConversation): Promise<ReadResult> {
    const row = await this.getRow(ctx.userId, conversationId);
    const tail = await this.channels.tail(conversationId, seq);
    const window = readableWindow(row, tail.head);
    const moved = await this.rows.advanceReadSeq(row, Math.min(seq, window.maxSeq));
    if (!moved) throw new AppError('CONVERSATION_NOT_FOUND');
    const { readSeq } = moved.row;
    if (readSeq > moved.before) {
      const receipt = { conversationId, userId: ctx.userId, readSeq };
      this.publisher.toUsers(
        this.receiptReaders(ctx.userId, conversationId),
        'receipt:updated',
        receipt,
        ctx.socketId,
      );
    }
    return { readSeq, unread: await this.unread.count(moved.row, tail) };
  }

  /**
   * What the user may read of a conversation.
   * @throws AppError CONVERSATION_NOT_FOUND for an unknown and for a foreign one alike
   */
  async getReadable(userId: string, conversationId: string): Promise<SeqWindow> {
    const place = { ownerId: userId, channelId: conversationId };
    const [row, tail] = await Promise.all([
      this.readers.get(placeKey(place), () => this.getReader(place)),
      this.channels.tail(conversationId),
    ]);
    return readableWindow(row, tail.head);
  }

  async has(userId: string, conversationId: string): Promise<boolean> {
    return (await this.rows.find(userId, conversationId)) !== null;
  }

  /** Whether both rows of a dm are known to be there. */
  isKnownDm(channelId: string): boolean {
    return this.knownDms.known(channelId) === true;
  }

  /** Makes both rows of a dm before its first message. */
  ensureDm(a: string, b: string): Promise<true> {
    const channelId = dmConversationId(a, b);
    return this.knownDms.get(channelId, async () => {
      const owners = a === b ? [a] : [a, b];
      await Promise.all(
        owners.map((ownerId) =>
          this.rows.getOrCreate({ ownerId, channelId, channelType: ChannelType.person }, 0),
        ),
      );
      return true;
    });
  }

  async openGroupWindows(channelId: string, ownerIds: string[], joinSeq: number): Promise<void> {
    await this.rows
      .openWindows(channelId, ChannelType.group, ownerIds, joinSeq)
      .finally(() => this.dropReaders(channelId, ownerIds));
  }

  async closeGroupWindows(channelId: string, ownerIds: string[], leftSeq: number): Promise<void> {
    await this.rows
      .closeWindows(channelId, ownerIds, leftSeq)
      .finally(() => this.dropReaders(channelId, ownerIds));
  }

  private dropReaders(channelId: string, ownerIds: string[]): void {
    for (const ownerId of ownerIds) this.readers.drop(placeKey({ ownerId, channelId }));
  }

  /**
   * The seq at which the owner's present window opened or, once it is closed, closed.
   * @throws AppError GROUP_NOT_FOUND for who never had one
   */
  async getEdge(channelId: string, ownerId: string): Promise<number> {
    const row = await this.rows.find(ownerId, channelId);
    if (!row) throw new AppError('GROUP_NOT_FOUND');
    return row.leftSeq ?? row.joinSeq;
  }

  listOpenGroupChannels(ownerId: string): Promise<string[]> {
    return this.shared.listOpenGroupChannelIds(ownerId);
  }

  messageStored(stored: StoredNow): void {
    this.channels.advance(stored);
    this.unread.stored(stored.message);
  }

  private async getReader(place: Place): Promise<ConversationRow> {
    const row = await this.shared.find(place);
    if (!row) throw new AppError('CONVERSATION_NOT_FOUND');
    return row;
  }

  private async getRow(userId: string, conversationId: string): Promise<ConversationRow> {
    const row = await this.rows.find(userId, conversationId);
    if (!row) throw new AppError('CONVERSATION_NOT_FOUND');
    return row;
  }

  private receiptReaders(userId: string, conversationId: string): string[] {
    const ref = parseConversationId(conversationId);
    return ref?.channelType === ChannelType.person ? ref.members : [userId];
  }
}
