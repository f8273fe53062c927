import { Injectable } from '@nestjs/common';
import { ChannelLog, type ChannelTail } from './channel-log.js';
import { type ConversationRow, unreadRange } from './conversation.rules.js';

/** The one place where unread is counted: from positions and two index look-ups, whatever the number of messages. */
@Injectable()
export class UnreadCounter {
  constructor(private readonly log: ChannelLog) {}

  async count(row: ConversationRow, tail: ChannelTail): Promise<number> {
    const atMost = unreadRange(row, tail.head, 0);
    if (atMost.base >= atMost.end) return 0;
    const ownSeq = await this.log.ownNewestSeq(row.channelId, row.ownerId);
    const { base, end } = unreadRange(row, tail.head, ownSeq);
    if (base >= end) return 0;
    const uncounted = tail.lastUncounted > base ? await this.log.countUncounted(row.channelId, base, end) : 0;
    return end - base - uncounted;
  }
}
