import type { ReadinessPart } from '@nestim/protocol';
import { within } from '../lifecycle/within.js';

/**
 * Asks a dependency for real, at most once at a time: while it hangs, further questions wait for the same answer
 * instead of piling up behind it.
 */
export class RoundTrip {
  private underWay?: Promise<void>;

  constructor(
    private readonly what: string,
    private readonly ask: () => Promise<void>,
  ) {}

  /** Never throws. The problem names no address: anyone may read it. */
  async check(longestMs: number): Promise<ReadinessPart> {
    const startedAt = performance.now();
    try {
      await within(longestMs, this.what, () => (this.underWay ??= this.start()));
      return { ok: true, ms: Math.round(performance.now() - startedAt) };
    } catch (error) {
      return { ok: false, problem: `${this.what} does not answer (${(error as Error).name})` };
    }
  }

  private async start(): Promise<void> {
    try {
      await this.ask();
    } finally {
      this.underWay = undefined;
    }
  }
}
