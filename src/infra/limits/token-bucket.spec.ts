import { Limiter } from './limiter.js';
import { TokenBucket } from './token-bucket.js';

describe('a token bucket', () => {
  const rate = { burst: 3, everyMs: 500 };
  const drained = (): TokenBucket => {
    const bucket = new TokenBucket(rate, 0);
    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 0]);
    return bucket;
  };

  it('gives the burst, then says how long the next one takes', () => {
    const bucket = drained();
    expect(bucket.take(0)).toBe(500);
    expect(bucket.take(499)).toBe(1);
    expect(bucket.take(500)).toBe(0);
    expect(bucket.take(500)).toBe(500);
  });

  it('takes nothing for a refusal', () => {
    const bucket = drained();
    for (let n = 0; n < 100; n++) bucket.take(0);
    expect(bucket.take(500)).toBe(0);
  });

  it('never holds more than the burst', () => {
    const bucket = drained();
    expect([1, 2, 3, 4].map(() => bucket.take(1_000_000))).toEqual([0, 0, 0, 500]);
  });

  it('keeps to the rate over a long time, whatever the steps', () => {
    const bucket = new TokenBucket(rate, 0);
    let taken = 0;
    for (let now = 0; now <= 60_000; now += 7) if (bucket.take(now) === 0) taken += 1;
    expect(taken).toBe(3 + 2 * 60 - 1);
  });

  it('without a limit never refuses', () => {
    const bucket = new TokenBucket({ burst: 1, everyMs: 0 }, 0);
    for (let n = 0; n < 1_000; n++) expect(bucket.take(0)).toBe(0);
  });
});

describe('a limiter', () => {
  it('counts each key for itself, tells of refusals, and forgives', () => {
    let refusals = 0;
    const limiter = new Limiter({ burst: 1, everyMs: 1_000_000 }, () => (refusals += 1));
    limiter.take('a');
    limiter.take('b');
    const refusal = expect.objectContaining({
      code: 'TOO_MANY_REQUESTS',
      details: { retryAfterMs: expect.any(Number) as number },
    });
    expect(() => limiter.take('a')).toThrow(refusal);
    expect(refusals).toBe(1);
    limiter.reset('a');
    expect(() => limiter.take('a')).not.toThrow();
  });
});
