import { Injectable } from '@nestjs/common';

/** Counts the HTTP requests and socket events that are being answered, so that a stop can wait for them. */
@Injectable()
export class InFlightRequests {
  private count = 0;
  private waiting: (() => void)[] = [];

  /** @returns to be called once, when the answer is out */
  enter(): () => void {
    this.count++;
    return () => {
      if (--this.count > 0) return;
      this.waiting.forEach((resolve) => resolve());
      this.waiting = [];
    };
  }

  /** Resolves when none is left. */
  async drained(): Promise<void> {
    if (this.count > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
