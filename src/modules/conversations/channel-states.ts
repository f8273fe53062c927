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

/** A tail as it is kept. */
export interface KnownTail extends ChannelTail {
  /** The writer of this process has told every message behind this seq, up to the head. */
  readonly unbrokenFrom: number;
}

/**
 * The channels' ends, kept in memory and read from the messages' index at first touch. A head never moves back.
 * Where other processes may write to the same database an end is read again after `cacheTtlMs`.
 */
@Injectable()
export class ChannelStates {
  private readonly tails: LRUCache<string, KnownTail>;
  private readonly loading = new Map<string, { tail: Promise<KnownTail>; newest: StoredNow | null }>();

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
  async tail(channelId: string, atLeast = 0): Promise<KnownTail> {
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
    const unbrokenFrom = message.seq === tail.head + 1 ? tail.unbrokenFrom : message.seq;
    this.tails.set(
      message.conversationId,
      { head: message.seq, lastMessage: message, lastUncounted, revision, unbrokenFrom },
      { noUpdateTTL: true },
    );
  }

  private load(channelId: string): Promise<KnownTail> {
    const entry = { tail: this.read(channelId), newest: null };
    this.loading.set(channelId, entry);
    return entry.tail;
  }

  private async read(channelId: string): Promise<KnownTail> {
    try {
      const stored = await this.log.readTail(channelId);
      const newest = this.loading.get(channelId)?.newest;
      const tail = newest && newest.message.seq > stored.head ? endingWith(newest) : stored;
      const known = { ...tail, unbrokenFrom: tail.head };
      this.tails.set(channelId, known);
      return known;
    } finally {
      this.loading.delete(channelId);
    }
  }
}

/** What was stored while a tail was read may be of either kind: counting again is always right. */
const endingWith = ({ message, revision }: StoredNow): ChannelTail => ({
  head: message.seq,
  lastMessage: message,
  lastUncounted: message.seq,
  revision,
});

function sizeOf(message: Message | null): number {
  const text = message?.content.text;
  return typeof text === 'string' ? text.length : JSON.stringify(message?.content ?? '').length;
}
