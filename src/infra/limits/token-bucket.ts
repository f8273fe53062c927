/** So many at once, and one more every so many milliseconds after that; 0 is no limit. */
export interface Rate {
  burst: number;
  everyMs: number;
}

/** A budget that refills with time. A look at the clock is all it costs: no timer, no promise, nothing allocated. */
export class TokenBucket {
  /** Milliseconds: each use costs `everyMs` of them, and they come back as they pass. */
  private credit: number;
  private at: number;

  /** @param now of a clock that is never set back */
  constructor(
    private readonly rate: Rate,
    now = performance.now(),
  ) {
    this.credit = rate.burst * rate.everyMs;
    this.at = now;
  }

  /** Takes one. @returns 0; or how many milliseconds to wait for the next one, and nothing is taken */
  take(now = performance.now()): number {
    const { burst, everyMs } = this.rate;
    this.credit = Math.min(burst * everyMs, this.credit + now - this.at);
    this.at = now;
    if (this.credit < everyMs) return Math.ceil(everyMs - this.credit);
    this.credit -= everyMs;
    return 0;
  }
}
