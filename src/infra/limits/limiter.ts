import { LRUCache } from 'lru-cache';
import { AppError } from '../../common/app-error.js';
import { type Rate, TokenBucket } from './token-bucket.js';

/** Most keys that are remembered; beyond, who was quiet the longest has a full bucket again. */
const MAX_KEYS = 20_000;

/** Holds everyone to one rate, each by a key of his own. */
export class Limiter {
  private readonly buckets = new LRUCache<string, TokenBucket>({ max: MAX_KEYS });

  /** @param onRefused told of every refusal */
  constructor(
    private readonly rate: Rate,
    private readonly onRefused: () => void,
  ) {}

  /** Counts one, unless it is of nobody (null). @throws AppError TOO_MANY_REQUESTS with `retryAfterMs` */
  take(key: string | null): void {
    if (key === null) return;
    const refusal = this.takeFrom(this.bucketOf(key));
    if (refusal) throw refusal;
  }

  /** As {@link take}, for who keeps the bucket at hand; answers what `take` throws. */
  takeFrom(bucket: TokenBucket): AppError | undefined {
    const retryAfterMs = bucket.take();
    if (retryAfterMs === 0) return undefined;
    this.onRefused();
    return new AppError('TOO_MANY_REQUESTS', { retryAfterMs });
  }

  bucketOf(key: string): TokenBucket {
    const known = this.buckets.get(key);
    if (known) return known;
    const bucket = new TokenBucket(this.rate);
    this.buckets.set(key, bucket);
    return bucket;
  }

  /** Forgives what the key has used. */
  reset(key: string): void {
    this.buckets.delete(key);
  }
}
