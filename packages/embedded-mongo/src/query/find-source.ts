import type { CollectionInfo } from '../catalog/catalog.js';
import type { DocumentSource, Take } from '../commands/cursors.js';
import { CommandError, ErrorCode } from '../errors.js';
import type { ReadScope } from '../scope.js';
import { PlannedQuery, type Query } from './query.js';
import type { Row } from './scan.js';
import { showRow, type Shown } from './shown-row.js';

export interface FindOptions extends Query, Shown {
  readonly skip: number;
  /** 0: no limit */
  readonly limit: number;
}

/** The documents of a find, resumable between batches. */
export class FindSource implements DocumentSource {
  readonly planned: PlannedQuery;
  private readonly show: (row: Row) => Buffer;
  private skipped = 0;
  private taken = 0;
  /** Rows sorted in memory, or a row that did not fit the last batch. */
  private waiting: Row[] | undefined;
  private at = 0;

  constructor(
    private readonly scope: ReadScope,
    private readonly ns: CollectionInfo,
    private readonly options: FindOptions,
  ) {
    this.planned = new PlannedQuery(ns, options, true);
    this.show = showRow(this.planned.plan, options);
  }

  drain(take: Take): 'more' | 'done' {
    this.assertAlive();
    const { skip, limit } = this.options;
    if (!this.planned.plan.sorted && !this.waiting) {
      this.waiting = [...this.planned.rows(this.scope.view, limit === 0 ? 0 : skip + limit)];
    }
    if (limit > 0 && this.taken >= limit) return 'done';
    let full = false;
    const offer = (row: Row): boolean => {
      if (this.skipped < skip) {
        this.skipped++;
        return true;
      }
      const taken = take(this.show(row));
      if (!taken) return false;
      full = taken === 'last';
      this.taken++;
      return true;
    };
    if (this.waiting) {
      for (; this.at < this.waiting.length; this.at++) {
        if (!offer(this.waiting[this.at]!)) return 'more';
        if (limit > 0 && this.taken >= limit) return 'done';
        if (full && this.at + 1 < this.waiting.length) {
          this.at++;
          return 'more';
        }
      }
      if (!this.planned.plan.sorted) return 'done';
      this.waiting = undefined;
      if (full) return 'more';
    }
    for (const row of this.planned.scan.rows(this.scope.view)) {
      if (!offer(row)) {
        // The row was only lent.
        this.waiting = [{ ...row, doc: Buffer.from(row.doc) }];
        this.at = 0;
        return 'more';
      }
      if (limit > 0 && this.taken >= limit) return 'done';
      if (full && !this.isById()) return 'more';
    }
    return 'done';
  }

  /** At most one document, and MongoDB knows it: its cursor ends with it. */
  private isById(): boolean {
    const { plan } = this.planned;
    return (
      plan.kind === 'index' &&
      plan.exact &&
      plan.index.name === '_id_' &&
      plan.ranges[0]?.point === true &&
      plan.ranges.length === 1
    );
  }

  /** A cursor on something dropped ends with an error, never as if it had reached the end. */
  private assertAlive(): void {
    const { plan } = this.planned;
    const now = this.scope.collections.get(this.ns.ns);
    if (!now || now.ident !== this.ns.ident)
      throw new CommandError(ErrorCode.QueryPlanKilled, 'collection dropped between getMore calls');
    const used = plan.kind === 'index' ? [plan] : plan.kind === 'union' ? plan.branches : [];
    for (const { index } of used) {
      if (!now.indexes.some((other) => other.ident === index.ident)) {
        throw new CommandError(
          ErrorCode.QueryPlanKilled,
          `query plan killed :: index '${index.name}' dropped`,
        );
      }
    }
  }
}
