/**
 * When keys were last written over while transactions were open. A value that is again what it was before has changed all
 * the same: whoever wrote it may have written other things in between.
 */
export class ChangeLog {
  /** In the order of their changes. */
  private readonly last = new Map<string, number>();
  private changes = 0;

  /** The moment up to which everything has happened. */
  get now(): number {
    return this.changes;
  }

  note(key: string): void {
    this.last.delete(key);
    this.last.set(key, ++this.changes);
  }

  changedSince(key: string, moment: number): boolean {
    return (this.last.get(key) ?? 0) > moment;
  }

  /** Forgets what happened up to the moment. */
  forget(moment: number): void {
    for (const [key, at] of this.last) {
      if (at > moment) return;
      this.last.delete(key);
    }
  }
}
