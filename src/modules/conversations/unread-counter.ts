import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ChannelLog, type ChannelTail } from './channel-log.js';
import { type ConversationRow, unreadRange } from './conversation.rules.js';

const MAX_KNOWN = 100_000;

/** Of the owner's own messages up to a channel's head, the newest; true for as long as the channel ends there. */
interface OwnNewest {
  head: number;
  seq: number;
}

/** The one place where unread is counted: from positions and two index look-ups, whatever the number of messages. */
@Injectable()
export class UnreadCounter {
  private readonly known = new LRUCache<string, OwnNewest>({ max: MAX_KNOWN });

  constructor(private readonly log: ChannelLog) {}

  async count(row: ConversationRow, tail: ChannelTail): Promise<number> {
    const atMost = unreadRange(row, tail.head, 0);
    if (atMost.base >= atMost.end) return 0;
    const { base, end } = unreadRange(row, tail.head, await this.ownNewest(row, tail));
    if (base >= end) return 0;
    const uncounted = tail.lastUncounted > base ? await this.log.countUncounted(row.channelId, base, end) : 0;
    return end - base - uncounted;
  }

  /** Stored messages do not change, so that it is asked for once for each head. */
  private async ownNewest({ ownerId, channelId }: ConversationRow, tail: ChannelTail): Promise<number> {
    if (tail.lastMessage?.senderId === ownerId) return tail.head;
    const key = `${ownerId} ${channelId}`;
    const known = this.known.get(key);
    if (known?.head === tail.head) return known.seq;
    const seq = await this.log.ownNewestSeq(channelId, ownerId);
    this.known.set(key, { head: tail.head, seq });
    return seq;
  }
}
