/** Bounds of the waits between attempts, in milliseconds. */
export interface BackoffOptions {
  /** Ceiling of the first wait. @default 1000 */
  baseMs?: number;
  /** Ceiling of every wait. @default 30000 */
  maxMs?: number;
}

/**
 * Waits that grow and never fall together: each is uniform between 0 and a ceiling that doubles, so that thousands
 * of clients that were cut at once come back spread out.
 */
export class Backoff {
  private attempts = 0;
  private readonly baseMs: number;
  private readonly maxMs: number;

  constructor(
    private readonly random: () => number,
    { baseMs = 1_000, maxMs = 30_000 }: BackoffOptions = {},
  ) {
    this.baseMs = baseMs;
    this.maxMs = maxMs;
  }

  /** The next wait in milliseconds. */
  next(): number {
    const ceiling = Math.min(this.maxMs, this.baseMs * 2 ** this.attempts);
    this.attempts += 1;
    return Math.round(this.random() * ceiling);
  }

  /** After a success: the next wait is a first one again. */
  reset(): void {
    this.attempts = 0;
  }
}
