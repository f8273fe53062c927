import type { Message } from '@nestim/protocol';

/** Sequence numbers, both ends inclusive. */
export interface SeqRange {
  fromSeq: number;
  toSeq: number;
}

/**
 * The messages of one conversation that this client holds: one run without a hole, ending at {@link head}. What
 * comes early waits until the hole before it is filled; what came before is known by its `seq` and not taken again.
 */
export class Timeline {
  private run: Message[] = [];
  private readonly early = new Map<number, Message>();
  /** Last one given out; the next is `head + 1`. */
  private position: number;

  /** @param keep most messages held; beyond twice that the oldest are let go */
  constructor(
    head: number,
    private readonly keep = 1_000,
  ) {
    this.position = head;
  }

  get head(): number {
    return this.position;
  }

  /** Ascending. */
  get messages(): readonly Message[] {
    return this.run;
  }

  /** Takes a message, or several, in any order and any number of times. @returns those whose turn it is now, ascending */
  take(...messages: Message[]): Message[] {
    for (const message of messages) {
      if (message.seq > this.position) this.early.set(message.seq, message);
    }
    const due: Message[] = [];
    for (let next; (next = this.early.get(this.position + 1));) {
      this.early.delete(next.seq);
      this.position = next.seq;
      this.run.push(next);
      due.push(next);
    }
    if (this.run.length > 2 * this.keep) this.run = this.run.slice(-this.keep);
    return due;
  }

  /** The first hole between what is held and `target`, or the earliest message that waits. */
  missing(target: number): SeqRange | null {
    const first = this.early.size === 0 ? Infinity : Math.min(...this.early.keys());
    const toSeq = first === Infinity ? target : first - 1;
    return toSeq > this.position ? { fromSeq: this.position + 1, toSeq } : null;
  }

  /** Forgets everything up to `seq` and goes on after it. @returns those whose turn it is now */
  skipTo(seq: number): Message[] {
    if (seq <= this.position) return [];
    this.position = seq;
    this.run = [];
    for (const early of [...this.early.keys()]) if (early <= seq) this.early.delete(early);
    return this.take();
  }

  /** Lets go of what may no longer be read. @returns those whose turn it is now */
  cutBelow(minSeq: number): Message[] {
    this.run = this.run.filter(({ seq }) => seq >= minSeq);
    return this.skipTo(minSeq - 1);
  }

  /** Adds older messages, when they join what is held without a hole. */
  prepend(page: readonly Message[]): void {
    const first = this.run[0]?.seq ?? this.position + 1;
    const older = page.filter(({ seq }) => seq < first);
    if (older.at(-1)?.seq === first - 1) this.run.unshift(...older);
  }

  /** Forgets what waits, when it turned out not to be readable. */
  dropEarly(): void {
    this.early.clear();
  }

  /** The held messages of the range, or null when not all of them are held. */
  between(fromSeq: number, toSeq: number): readonly Message[] | null {
    if (fromSeq > toSeq) return [];
    const first = this.run[0]?.seq ?? Infinity;
    if (fromSeq < first || toSeq > this.position) return null;
    return this.run.slice(fromSeq - first, toSeq - first + 1);
  }
}
