/** Who has written keys and not yet committed them. */
export interface LockHolder {
  /** Resolves when its locks are free. */
  readonly ended: Promise<void>;
}

/**
 * Thrown by a change outside transactions that meets something an open transaction holds: the command has planned nothing
 * and is run again after `until`.
 */
export class Blocked extends Error {
  constructor(readonly until: Promise<void>) {
    super('blocked by a transaction');
  }
}

/** The keys that open transactions have written: each has one holder. */
export class KeyLocks {
  private readonly holders = new Map<string, LockHolder>();

  get size(): number {
    return this.holders.size;
  }

  holderOf(key: string): LockHolder | undefined {
    return this.holders.get(key);
  }

  take(key: string, holder: LockHolder): void {
    this.holders.set(key, holder);
  }

  release(key: string): void {
    this.holders.delete(key);
  }

  /** For changes outside transactions. */
  assertFree(key: Buffer): void {
    const holder = this.holders.get(key.toString('latin1'));
    if (holder) throw new Blocked(holder.ended);
  }
}
