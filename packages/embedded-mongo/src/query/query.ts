import type { CollectionInfo } from '../catalog/catalog.js';
import type { KvView } from '../kv/view.js';
import { recordKey } from '../catalog/records.js';
import { prefixEnd } from '../kv/key-writer.js';
import { planBetween, type Between } from './between.js';
import type { Filter } from './filter.js';
import { compileFilter } from './matcher.js';
import { planQuery, type Hint, type Plan } from './planner.js';
import { openScan } from './open-scan.js';
import type { Row, Scan } from './scan.js';
import { sortRows, type SortField } from './sort.js';

/** A filter with an order on one collection. */
export interface Query {
  readonly filter: Filter;
  readonly sort: readonly SortField[];
  readonly hint?: Hint | undefined;
  /** Limits given in terms of the hinted index. */
  readonly between?: Between | undefined;
}

/** A planned query, ready to run. */
export class PlannedQuery {
  readonly plan: Plan;
  readonly scan: Scan;

  constructor(
    ns: CollectionInfo,
    private readonly query: Query,
    /** The caller is done with a row before it takes the next one. */
    lend = false,
  ) {
    const { filter, sort, hint, between } = query;
    this.plan = between ? planBetween(ns, between, sort, hint) : planQuery(ns, filter, sort, hint);
    this.scan = openScan(ns, this.plan, compileFilter(query.filter), lend && this.plan.sorted);
  }

  /** Rows in the wanted order; a sort that no index gives is done in memory, keeping `limit` rows (0: all). */
  rows(view: KvView, limit: number): Iterable<Row> {
    const rows = this.scan.rows(view);
    return this.plan.sorted ? rows : sortRows(rows, this.query.sort, limit);
  }
}

/** The rows of a query as an array, at most `limit` (0: all): for commands that change what they scan. */
export function collectRows(view: KvView, ns: CollectionInfo, query: Query, limit: number): Row[] {
  const found: Row[] = [];
  for (const row of new PlannedQuery(ns, query).rows(view, limit)) {
    found.push(row);
    if (limit > 0 && found.length >= limit) break;
  }
  return found;
}

/** How many documents match: from the keys alone where an index holds exactly the matches. */
export function countMatches(view: KvView, ns: CollectionInfo, query: Query): number {
  const planned = new PlannedQuery(ns, query, true);
  const { plan } = planned;
  if (plan.exact && plan.kind === 'collection') {
    const prefix = recordKey(ns.ident, 0).subarray(0, 4);
    return view.count(prefix, prefixEnd(prefix));
  }
  if (plan.exact && plan.kind === 'index') {
    return plan.ranges.reduce((sum, { start, end }) => sum + view.count(start, end), 0);
  }
  let count = 0;
  for (const _ of planned.scan.rows(view)) count++;
  return count;
}
