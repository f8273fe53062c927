import { Injectable } from '@nestjs/common';
import type { Message } from '@nestim/protocol';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '../../config/app-config.js';
import { ChannelLog, type ChannelTail } from './channel-log.js';

const MAX_CHANNELS = 50_000;
/** Characters of all newest messages together. */
const MAX_CONTENT = 64_000_000;
const OTHER_FIELDS = 512;

/**
 * The channels' ends, kept in memory and read from the messages' index at first touch. A head never moves back.
 * Where other processes may write to the same database an end is read again after `cacheTtlMs`.
 */
@Injectable()
export class ChannelStates {
  private readonly tails: LRUCache<string, ChannelTail>;
  private readonly loading = new Map<string, { tail: Promise<ChannelTail>; newest: Message | null }>();

  constructor(
    private readonly log: ChannelLog,
    config: AppConfig,
  ) {
    this.tails = new LRUCache({
      max: MAX_CHANNELS,
      maxSize: MAX_CONTENT,
      sizeCalculation: ({ lastMessage }) => OTHER_FIELDS + sizeOf(lastMessage),
      ttl: config.cacheTtlMs,
    });
  }

  /** @param atLeast a seq that the caller has heard of: a tail that does not reach it is read again */
  async tail(channelId: string, atLeast = 0): Promise<ChannelTail> {
    const known = this.tails.get(channelId);
    if (known && known.head >= atLeast) return known;
    return this.loading.get(channelId)?.tail ?? this.load(channelId);
  }

  /** The writer tells each stored message, in order. */
  advance(message: Message, uncounted: boolean): void {
    const loading = this.loading.get(message.conversationId);
    if (loading) loading.newest = message;
    const tail = this.tails.get(message.conversationId);
    if (!tail || message.seq <= tail.head) return;
    const lastUncounted = uncounted ? message.seq : tail.lastUncounted;
    this.tails.set(
      message.conversationId,
      { head: message.seq, lastMessage: message, lastUncounted },
      { noUpdateTTL: true },
    );
  }

  private load(channelId: string): Promise<ChannelTail> {
    const entry = { tail: this.read(channelId), newest: null };
    this.loading.set(channelId, entry);
    return entry.tail;
  }

  private async read(channelId: string): Promise<ChannelTail> {
    try {
      const tail = await this.log.readTail(channelId);
      const newest = this.loading.get(channelId)?.newest;
      // What was stored while this read was under way may be of either kind: counting again is always right.
      if (newest && newest.seq > tail.head) {
        Object.assign(tail, { head: newest.seq, lastMessage: newest, lastUncounted: newest.seq });
      }
      this.tails.set(channelId, tail);
      return tail;
    } finally {
      this.loading.delete(channelId);
    }
  }
}

function sizeOf(message: Message | null): number {
  const text = message?.content.text;
  return typeof text === 'string' ? text.length : JSON.stringify(message?.content ?? '').length;
}
