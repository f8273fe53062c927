import type { KeyRange, KvEntry, KvView, WriteSet } from './view.js';

interface PlannedWrite {
  readonly key: Buffer;
  /** null: removed */
  readonly value: Buffer | null;
}

/** An ordered set of planned writes in memory: key → value or tombstone. */
export class Overlay implements WriteSet {
  private readonly writes = new Map<string, PlannedWrite>();
  /** The keys in order, but for those in `added`, which are merged in when a range is asked for. */
  private sorted: string[] = [];
  private added: string[] = [];

  get size(): number {
    return this.writes.size;
  }

  put(key: Buffer, value: Buffer): void {
    this.set(key, value);
  }

  remove(key: Buffer): void {
    this.set(key, null);
  }

  private set(key: Buffer, value: Buffer | null): void {
    const text = key.toString('latin1');
    const before = this.writes.size;
    this.writes.set(text, { key, value });
    if (this.writes.size > before) this.added.push(text);
  }

  find(key: Buffer): PlannedWrite | undefined {
    return this.writes.get(key.toString('latin1'));
  }

  all(): Iterable<PlannedWrite> {
    return this.writes.values();
  }

  /** The written keys, as latin1 text. */
  keys(): Iterable<string> {
    return this.writes.keys();
  }

  writeTo(target: WriteSet): void {
    for (const { key, value } of this.writes.values()) {
      if (value) target.put(key, value);
      else target.remove(key);
    }
  }

  /** The planned writes in `[start, end)`, in the order of the range. */
  slice({ start, end, reverse }: KeyRange): PlannedWrite[] {
    if (this.added.length > 0) {
      this.sorted = merged(this.sorted, this.added.sort(byCodeUnits));
      this.added = [];
    }
    const from = lowerBound(this.sorted, start.toString('latin1'));
    const to = lowerBound(this.sorted, end.toString('latin1'));
    const found: PlannedWrite[] = [];
    for (let i = from; i < to; i++) found.push(this.writes.get(this.sorted[i]!)!);
    return reverse ? found.reverse() : found;
  }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function merged(a: readonly string[], b: readonly string[]): string[] {
  if (a.length === 0) return [...b];
  const result: string[] = [];
  let i = 0;
  for (const key of b) {
    while (i < a.length && a[i]! < key) result.push(a[i++]!);
    result.push(key);
  }
  while (i < a.length) result.push(a[i++]!);
  return result;
}

function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A view with an overlay merged into every get and range. */
export class OverlayView implements KvView {
  constructor(
    private readonly base: KvView,
    private readonly overlay: () => Overlay,
  ) {}

  get(key: Buffer): Buffer | undefined {
    const overlay = this.overlay();
    const planned = overlay.size > 0 ? overlay.find(key) : undefined;
    return planned ? (planned.value ?? undefined) : this.base.get(key);
  }

  peek(key: Buffer): Buffer | undefined {
    return this.get(key);
  }

  range(range: KeyRange): Iterable<KvEntry> {
    const overlay = this.overlay();
    if (overlay.size === 0) return this.base.range(range);
    const planned = overlay.slice(range);
    return planned.length === 0 ? this.base.range(range) : this.merge(planned, range);
  }

  count(start: Buffer, end: Buffer): number {
    let count = this.base.count(start, end);
    for (const write of this.overlay().slice({ start, end })) {
      const before = this.base.get(write.key) ? 1 : 0;
      count += (write.value ? 1 : 0) - before;
    }
    return count;
  }

  private *merge(planned: PlannedWrite[], range: KeyRange): Generator<KvEntry> {
    const sign = range.reverse ? -1 : 1;
    let next = 0;
    for (const stored of this.base.range(range)) {
      let replaced = false;
      while (next < planned.length) {
        const write = planned[next]!;
        const order = write.key.compare(stored.key) * sign;
        if (order > 0) break;
        next++;
        if (write.value) yield { key: write.key, value: write.value };
        if (order === 0) {
          replaced = true;
          break;
        }
      }
      if (!replaced) yield stored;
    }
    for (; next < planned.length; next++) {
      const { key, value } = planned[next]!;
      if (value) yield { key, value };
    }
  }
}
