import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Message } from '@nestim/protocol';
import { ChannelLog } from './channel-log.js';
import type { KnownTail } from './channel-states.js';
import { type ConversationRow, unreadRange } from './conversation.rules.js';

const MAX_KNOWN = 100_000;

/** Of the owner's own messages up to a head of the channel, the newest; less when he had read all up to there. */
interface OwnNewest {
  head: number;
  seq: number;
}

/** The one place where unread is counted: from positions and two index look-ups, whatever the number of messages. */
@Injectable()
export class UnreadCounter {
  private readonly known = new LRUCache<string, OwnNewest>({ max: MAX_KNOWN });

  constructor(private readonly log: ChannelLog) {}

  async count(row: ConversationRow, tail: KnownTail): Promise<number> {
    const atMost = unreadRange(row, tail.head, 0);
    if (atMost.base >= atMost.end) {
      this.note(row, atMost.end, 0);
      return 0;
    }
    const { base, end } = unreadRange(row, tail.head, await this.ownNewest(row, tail));
    if (base >= end) return 0;
    const uncounted = tail.lastUncounted > base ? await this.log.countUncounted(row.channelId, base, end) : 0;
    return end - base - uncounted;
  }

  /** The writer tells each stored message: its sender has read what is above. */
  stored({ conversationId, senderId, seq }: Message): void {
    this.known.set(keyOf(senderId, conversationId), { head: seq, seq });
  }

  /** Stored messages do not change: what is known stays true while everything behind it was told. */
  private async ownNewest({ ownerId, channelId }: ConversationRow, tail: KnownTail): Promise<number> {
    if (tail.lastMessage?.senderId === ownerId) return tail.head;
    const key = keyOf(ownerId, channelId);
    const known = this.known.get(key);
    if (known && known.head >= tail.unbrokenFrom) return known.seq;
    const seq = await this.log.ownNewestSeq(channelId, ownerId);
    return this.note({ ownerId, channelId }, tail.head, seq);
  }

  /** Keeps what he wrote meanwhile, of which the writer told. */
  private note(
    { ownerId, channelId }: Pick<ConversationRow, 'ownerId' | 'channelId'>,
    head: number,
    seq: number,
  ): number {
    const key = keyOf(ownerId, channelId);
    const known = this.known.get(key) ?? { head: 0, seq: 0 };
    const newest = Math.max(seq, known.seq);
    this.known.set(key, { head: Math.max(head, known.head), seq: newest });
    return newest;
  }
}

const keyOf = (userId: string, channelId: string): string => `${userId} ${channelId}`;
