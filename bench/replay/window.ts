/** A receiver that gets nothing for so long gets nothing more. */
const STALLED_MS = 30_000;

/**
 * What one member must receive of one group between joining and leaving: every message but his own (the sending
 * socket has its ack instead), in order, none twice.
 */
export class Window {
  /** The last seq of the window once the member has left. */
  leftSeq: number | null = null;
  /** How many messages came. */
  received = 0;
  private next: number;
  private target = Infinity;
  private reached: () => void = () => {};

  /**
   * @param joinSeq the head at the moment of joining, itself not in the window
   * @param isMine whether the member sent this seq; false for what is not sent yet
   */
  constructor(
    readonly joinSeq: number,
    private readonly isMine: (seq: number) => boolean,
  ) {
    this.next = joinSeq + 1;
  }

  /** Takes one received message; answers what is wrong with it, or null. */
  receive(seq: number): string | null {
    this.received += 1;
    this.skipMine();
    const due = this.next;
    if (seq >= due) this.next = seq + 1;
    if (this.target !== Infinity) this.settle();
    return seq === due ? null : `received ${seq} where ${due} was due`;
  }

  /** Resolves with null when all up to `target` has come, or with what is missing when nothing more comes. */
  async receivedUpTo(target: number, stalledMs = STALLED_MS): Promise<string | null> {
    const complete = new Promise<void>((resolve) => (this.reached = resolve));
    this.target = target;
    this.settle();
    for (;;) {
      const before = this.received;
      if (await settledWithin(complete, stalledMs)) return null;
      if (this.received === before) return `received nothing from ${this.next} on, up to ${target}`;
    }
  }

  private settle(): void {
    this.skipMine();
    if (this.next > this.target) this.reached();
  }

  private skipMine(): void {
    while (this.isMine(this.next)) this.next += 1;
  }
}

async function settledWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  const settled = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return settled;
}
