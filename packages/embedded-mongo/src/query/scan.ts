import { recordKey } from '../catalog/records.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import { prefixEnd } from '../kv/key-writer.js';
import type { KeyRange, KvView } from '../kv/view.js';
import type { Matcher } from './matcher.js';
import type { IndexPlan, Plan } from './planner.js';

/** A document with its record id. */
export interface Row {
  readonly recordId: number;
  readonly doc: Buffer;
}

/** What `explain` reports of a scan. */
export interface ScanStats {
  keysExamined: number;
  docsExamined: number;
}

/**
 * Runs a plan. It keeps a position (the last key), not a reader: each `rows` call may use another view and goes on behind
 * the last row, so an idle cursor pins nothing in the store.
 */
export class Scan {
  readonly stats: ScanStats = { keysExamined: 0, docsExamined: 0 };
  private branch = 0;
  private range = 0;
  private last: Buffer | undefined;
  private readonly seen: Set<number> | undefined;

  constructor(
    private readonly ns: CollectionInfo,
    private readonly plan: Plan,
    private readonly matches: Matcher,
    /** Rows are lent: their documents hold only until the next one is taken. */
    private readonly lend = false,
  ) {
    const multikey = plan.kind === 'index' && plan.index.multikey;
    this.seen = multikey || plan.kind === 'union' ? new Set() : undefined;
  }

  /** The matching rows from the current position on. */
  rows(view: KvView): Generator<Row> {
    const { plan } = this;
    if (plan.kind === 'collection') return this.collection(view, plan.reverse);
    return plan.kind === 'index' ? this.index(view, plan) : this.union(view, plan.branches);
  }

  private *union(view: KvView, branches: readonly IndexPlan[]): Generator<Row> {
    while (this.branch < branches.length) {
      yield* this.index(view, branches[this.branch]!);
      this.branch++;
      this.range = 0;
    }
  }

  private *collection(view: KvView, reverse: boolean): Generator<Row> {
    const start = recordKey(this.ns.ident, 0).subarray(0, 4);
    const range = this.resumed(start, prefixEnd(start), reverse);
    for (const { key, value } of view.range(range)) {
      this.last = key;
      this.stats.docsExamined++;
      if (this.matches(value, 0)) yield { recordId: key.readUIntBE(4, 6), doc: value };
    }
  }

  private *index(view: KvView, plan: IndexPlan): Generator<Row> {
    while (this.range < plan.ranges.length) {
      const range = plan.ranges[plan.reverse ? plan.ranges.length - 1 - this.range : this.range]!;
      if (range.point) {
        this.range++;
        const value = view.get(range.start);
        const row = value && this.fetch(view, plan, value);
        if (row) yield row;
        continue;
      }
      for (const { key, value } of view.range(this.resumed(range.start, range.end, plan.reverse))) {
        this.last = key;
        const row = this.fetch(view, plan, value);
        if (row) yield row;
      }
      this.last = undefined;
      this.range++;
    }
  }

  /** The matching document behind an index entry, each only once. */
  private fetch(view: KvView, plan: IndexPlan, entry: Buffer): Row | undefined {
    this.stats.keysExamined++;
    const recordId = entry.readUIntBE(0, 6);
    if (this.seen?.has(recordId)) return undefined;
    const key = recordKey(this.ns.ident, recordId);
    const doc = this.lend ? view.peek(key) : view.get(key);
    this.stats.docsExamined++;
    if (!doc || !(plan.exact || this.matches(doc, 0))) return undefined;
    this.seen?.add(recordId);
    return { recordId, doc };
  }

  private resumed(start: Buffer, end: Buffer, reverse: boolean): KeyRange {
    if (!this.last) return { start, end, reverse };
    if (reverse) return { start, end: this.last, reverse };
    return { start: Buffer.concat([this.last, Buffer.alloc(1)]), end, reverse };
  }
}
