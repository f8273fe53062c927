import type { Doc } from './format.js';

/** What the driver's cursors and change streams have in common. */
interface DriverCursor {
  next(): Promise<unknown>;
  tryNext(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** A cursor that is open on the server: the driver opens one by its first step, whose document is kept for the first asker. */
export class HeldCursor {
  constructor(
    private readonly cursor: DriverCursor,
    private first: unknown,
  ) {}

  static async open(cursor: DriverCursor): Promise<HeldCursor> {
    return new HeldCursor(cursor, await cursor.tryNext());
  }

  next(): Promise<Doc | null> {
    return this.step(() => this.cursor.next());
  }

  once(): Promise<Doc | null> {
    return this.step(() => this.cursor.tryNext());
  }

  /** What closing answers is nobody's business. */
  async close(): Promise<void> {
    await this.cursor.close().catch(() => undefined);
  }

  private async step(further: () => Promise<unknown>): Promise<Doc | null> {
    const first = this.first;
    this.first = null;
    return (first ?? (await further())) as Doc | null;
  }
}
