import { Injectable } from '@nestjs/common';
import type { Message } from '@nestim/protocol';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '../../config/app-config.js';
import { ChannelLog, type ChannelTail } from './channel-log.js';

const MAX_CHANNELS = 50_000;

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
    this.tails = new LRUCache({ max: MAX_CHANNELS, ttl: config.cacheTtlMs });
  }

  async tail(channelId: string): Promise<ChannelTail> {
    return this.tails.get(channelId) ?? (await (this.loading.get(channelId)?.tail ?? this.load(channelId)));
  }

  /** The writer tells each stored message, in order. */
  advance(message: Message, uncounted: boolean): void {
    const loading = this.loading.get(message.conversationId);
    if (loading) loading.newest = message;
    const tail = this.tails.get(message.conversationId);
    if (!tail || message.seq <= tail.head) return;
    tail.head = message.seq;
    tail.lastMessage = message;
    if (uncounted) tail.lastUncounted = message.seq;
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
