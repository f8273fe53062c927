import type { Message } from '@nestim/protocol';

/** The end of a channel's messages. */
export interface ChannelTail {
  /** seq of the newest message, 0 when there is none. */
  head: number;
  lastMessage: Message | null;
  /** seq of the newest message that never counts as unread, 0 when there is none. */
  lastUncounted: number;
  /** Of the newest message, 0 when there is none. */
  revision: number;
}

/** What conversations ask of the stored messages. The messages feature, to the right of this one, provides it. */
export abstract class ChannelLog {
  /** seq of the newest message, 0 when there is none; read from the store. */
  abstract readHead(channelId: string): Promise<number>;
  abstract readTail(channelId: string): Promise<ChannelTail>;
  abstract findBySeq(channelId: string, seq: number): Promise<Message | null>;
  /** seq of the sender's newest message in the channel, 0 when there is none. */
  abstract ownNewestSeq(channelId: string, senderId: string): Promise<number>;
  /** How many messages with `base < seq <= end` never count as unread; from a partial index. */
  abstract countUncounted(channelId: string, base: number, end: number): Promise<number>;
}
