import { recordKey } from '../catalog/records.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import { prefixEnd } from '../kv/key-writer.js';
import type { KeyRange, KvView } from '../kv/view.js';
import type { Matcher } from './matcher.js';
import type { IndexPlan } from './planner.js';

/** A document with its record id. */
export interface Row {
  readonly recordId: number;
  readonly doc: Buffer;
}

/** What `explain` reports of a scan. */
export interface ScanStats {
  keysExamined: number;
  docsExamined: number;
  returned: number;
}

/**
 * Runs a plan. It keeps a position (the last key), not a reader: each `rows` call may use another view and goes on behind
 * the last row, so an idle cursor pins nothing in the store.
 */
export interface Scan {
  readonly stats: ScanStats;
  /** The scans that this one takes its rows from. */
  readonly inputs: readonly Scan[];
  /** The matching rows from the current position on. */
  rows(view: KvView): Generator<Row>;
}

export class CollectionScan implements Scan {
  readonly stats: ScanStats = { keysExamined: 0, docsExamined: 0, returned: 0 };
  readonly inputs = [];
  private last: Buffer | undefined;

  constructor(
    private readonly ns: CollectionInfo,
    private readonly reverse: boolean,
    private readonly matches: Matcher,
  ) {}

  *rows(view: KvView): Generator<Row> {
    const start = recordKey(this.ns.ident, 0).subarray(0, 4);
    for (const { key, value } of view.range(
      behind({ start, end: prefixEnd(start), reverse: this.reverse }, this.last),
    )) {
      this.last = key;
      this.stats.docsExamined++;
      if (!this.matches(value, 0)) continue;
      this.stats.returned++;
      yield { recordId: key.readUIntBE(4, 6), doc: value };
    }
  }
}

export class IndexScan implements Scan {
  readonly stats: ScanStats = { keysExamined: 0, docsExamined: 0, returned: 0 };
  readonly inputs = [];
  private range = 0;
  private last: Buffer | undefined;
  private readonly seen: Set<number> | undefined;

  constructor(
    private readonly ns: CollectionInfo,
    private readonly plan: IndexPlan,
    private readonly matches: Matcher,
    private readonly lend: boolean,
  ) {
    this.seen = plan.index.multikey ? new Set() : undefined;
  }

  *rows(view: KvView): Generator<Row> {
    const { ranges, reverse } = this.plan;
    while (this.range < ranges.length) {
      const range = ranges[reverse ? ranges.length - 1 - this.range : this.range]!;
      if (range.point) {
        this.range++;
        const value = view.get(range.start);
        const row = value && this.fetch(view, value);
        if (row) yield row;
        continue;
      }
      for (const { key, value } of view.range(behind({ ...range, reverse }, this.last))) {
        this.last = key;
        const row = this.fetch(view, value);
        if (row) yield row;
      }
      this.last = undefined;
      this.range++;
    }
  }

  /** The matching document behind an index entry, each only once. */
  private fetch(view: KvView, entry: Buffer): Row | undefined {
    this.stats.keysExamined++;
    const recordId = entry.readUIntBE(0, 6);
    if (this.seen?.has(recordId)) return undefined;
    const key = recordKey(this.ns.ident, recordId);
    const doc = this.lend ? view.peek(key) : view.get(key);
    this.stats.docsExamined++;
    if (!doc || !(this.plan.exact || this.matches(doc, 0))) return undefined;
    this.seen?.add(recordId);
    this.stats.returned++;
    return { recordId, doc };
  }
}

function behind({ start, end, reverse }: KeyRange, last: Buffer | undefined): KeyRange {
  if (!last) return { start, end, reverse };
  return reverse
    ? { start, end: last, reverse }
    : { start: Buffer.concat([last, Buffer.alloc(1)]), end, reverse };
}
