import type { Value } from '../bson/value.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import type { KvView } from '../kv/view.js';
import type { Matcher } from './matcher.js';
import type { Plan } from './planner.js';
import { CollectionScan, IndexScan, type Row, type Scan, type ScanStats } from './scan.js';
import { compareKeys, sortKeyOf, type SortField } from './sort.js';

/** With `lend`, the documents of rows hold only until the next one is taken. */
export function openScan(ns: CollectionInfo, plan: Plan, matches: Matcher, lend: boolean): Scan {
  if (plan.kind === 'collection') return new CollectionScan(ns, plan.reverse, matches);
  if (plan.kind === 'index') return new IndexScan(ns, plan, matches, lend);
  const merge = plan.order.length > 0;
  const branches = plan.branches.map((branch) => new IndexScan(ns, branch, matches, lend && !merge));
  return merge ? new MergeScan(branches, plan.order) : new UnionScan(branches);
}

function sumOf(inputs: readonly Scan[], returned: number): ScanStats {
  const sum: ScanStats = { keysExamined: 0, docsExamined: 0, returned };
  for (const { stats } of inputs) {
    sum.keysExamined += stats.keysExamined;
    sum.docsExamined += stats.docsExamined;
  }
  return sum;
}

/** One scan after the other, each document once. */
class UnionScan implements Scan {
  private branch = 0;
  private readonly seen = new Set<number>();

  constructor(readonly inputs: readonly Scan[]) {}

  get stats(): ScanStats {
    return sumOf(this.inputs, this.seen.size);
  }

  *rows(view: KvView): Generator<Row> {
    for (; this.branch < this.inputs.length; this.branch++) {
      for (const row of this.inputs[this.branch]!.rows(view)) {
        if (this.seen.has(row.recordId)) continue;
        this.seen.add(row.recordId);
        yield row;
      }
    }
  }
}

interface Head {
  readonly row: Row;
  readonly keys: readonly Value[];
  readonly branch: number;
}

/** Scans that are each in the wanted order, merged; each document once. */
class MergeScan implements Scan {
  /** The next row of each branch, in order. */
  private readonly heads: Head[] = [];
  /** Branches whose next row has not been looked for yet. */
  private waiting: number[];
  private readonly seen = new Set<number>();
  private readonly keysOf: (doc: Buffer) => readonly Value[];

  constructor(
    readonly inputs: readonly Scan[],
    private readonly order: readonly SortField[],
  ) {
    this.waiting = inputs.map((_, branch) => branch);
    this.keysOf = sortKeyOf(order);
  }

  get stats(): ScanStats {
    return sumOf(this.inputs, this.seen.size);
  }

  *rows(view: KvView): Generator<Row> {
    const streams = this.inputs.map((input) => input.rows(view));
    try {
      for (;;) {
        for (const branch of this.waiting) {
          const next = streams[branch]!.next();
          if (!next.done) this.insert({ row: next.value, keys: this.keysOf(next.value.doc), branch });
        }
        this.waiting = [];
        const head = this.heads.shift();
        if (!head) return;
        this.waiting = [head.branch];
        if (this.seen.has(head.row.recordId)) continue;
        this.seen.add(head.row.recordId);
        yield head.row;
      }
    } finally {
      // Whoever takes no more rows must leave no reader open in the store.
      for (const stream of streams) stream.return(undefined);
    }
  }

  private insert(head: Head): void {
    let low = 0;
    let high = this.heads.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.isBefore(this.heads[middle]!, head)) low = middle + 1;
      else high = middle;
    }
    this.heads.splice(low, 0, head);
  }

  private isBefore(a: Head, b: Head): boolean {
    return (compareKeys(a.keys, b.keys, this.order) || a.branch - b.branch) < 0;
  }
}
