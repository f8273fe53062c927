/** A receiver that gets nothing for so long, coming back from a kill included, gets nothing more. */
const STALLED_MS = 60_000;

/** What one member must be told of one group between joining and leaving: every message, in order, none twice. */
export class Window {
  /** The last seq of the window once the member has left. */
  leftSeq: number | null = null;
  private next: number;
  private target = Infinity;
  private reached: () => void = () => {};

  /** @param joinSeq the head at the moment of joining, itself not in the window */
  constructor(readonly joinSeq: number) {
    this.next = joinSeq + 1;
  }

  /** Takes one message; answers what is wrong with it, or null. */
  receive(seq: number): string | null {
    const due = this.next;
    if (seq >= due) this.next = seq + 1;
    if (this.next > this.target) this.reached();
    return seq === due ? null : `received ${seq} where ${due} was due`;
  }

  /** Resolves with null when all up to `target` has come, or with what is missing when nothing more comes. */
  async receivedUpTo(target: number, stalledMs = STALLED_MS): Promise<string | null> {
    if (this.next > target) return null;
    const complete = new Promise<void>((resolve) => (this.reached = resolve));
    this.target = target;
    for (;;) {
      const before = this.next;
      if (await settledWithin(complete, stalledMs)) return null;
      if (this.next === before) return `received nothing from ${before} on, up to ${target}`;
    }
  }
}

async function settledWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  const settled = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return settled;
}
