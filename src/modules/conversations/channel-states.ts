import { Injectable } from '@nestjs/common';
import type { Message } from '@nestim/protocol';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '../../config/app-config.js';
import { ChannelLog, type ChannelTail } from './channel-log.js';

const MAX_CHANNELS = 50_000;
/** Characters of all newest messages together. */
const MAX_CONTENT = 64_000_000;
const OTHER_FIELDS = 512;

/** A message that has just been stored. */
export interface StoredNow {
  readonly message: Message;
  readonly uncounted: boolean;
  readonly revision: number;
}

/**
 * The channels' ends, kept in memory and read from the messages' index at first touch. A head never moves back.
 * Where other processes may write to the same database an end is read again after `cacheTtlMs`.
 */
@Injectable()
export class ChannelStates {
  private readonly tails: LRUCache<string, ChannelTail>;
  private readonly loading = new Map<string, { tail: Promise<ChannelTail>; newest: StoredNow | null }>();

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
  advance(stored: StoredNow): void {
    const { message, uncounted, revision } = stored;
    const loading = this.loading.get(message.conversationId);
    if (loading) loading.newest = stored;
    const tail = this.tails.get(message.conversationId);
    if (!tail || message.seq <= tail.head) return;
    const lastUncounted = uncounted ? message.seq : tail.lastUncounted;
    this.tails.set(
      message.conversationId,
      { head: message.seq, lastMessage: message, lastUncounted, revision },
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
      if (newest && newest.message.seq > tail.head) {
        const { message, revision } = newest;
        Object.assign(tail, {
          head: message.seq,
          lastMessage: message,
          lastUncounted: message.seq,
          revision,
        });
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
