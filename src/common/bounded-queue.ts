import { AppError } from './app-error.js';

/** Runs a few tasks at a time in the order they came, lets some wait, and refuses the rest at once. */
export class BoundedQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly concurrency: number,
    private readonly maxWaiting: number,
  ) {}

  /** @throws AppError TOO_MANY_REQUESTS when `maxWaiting` tasks already wait. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.running >= this.concurrency) {
      if (this.waiting.length >= this.maxWaiting)
        throw new AppError('TOO_MANY_REQUESTS', { retryAfterMs: 1_000 });
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running++;
    }
    try {
      return await task();
    } finally {
      // The place goes to the next in line without being free in between.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
