import { T } from '../bson/types.js';
import { elementsOf, type Value } from '../bson/value.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import { recordKey } from '../catalog/records.js';
import { KeyWriter, prefixEnd } from '../kv/key-writer.js';
import type { KvView } from '../kv/view.js';
import { parsePath, plainPathValue, somePathValue } from './path.js';
import { planQuery, type IndexPlan } from './planner.js';
import { PlannedQuery, type Query } from './query.js';
import type { ScanStats } from './scan.js';
import { ValueSet } from './value-set.js';

/** Keys of one value passed over before the rest of them is leapt over. */
const LEAP_AFTER = 8;

/** The different values of one field, of the documents that a query finds. */
export interface Distinct {
  /** An index that is leapt through from value to value; undefined: all documents are looked at. */
  readonly plan: IndexPlan | undefined;
  readonly planned: PlannedQuery;
  readonly stats: ScanStats;
  values(view: KvView): ValueSet;
}

export function planDistinct(ns: CollectionInfo, query: Query, field: string): Distinct {
  const planned = new PlannedQuery(ns, query);
  const plan = leapPlan(ns, query, field);
  if (!plan) {
    return { plan, planned, stats: planned.scan.stats, values: (view) => scanned(planned, view, field) };
  }
  const stats: ScanStats = { keysExamined: 0, docsExamined: 0, returned: 0 };
  return { plan, planned, stats, values: (view) => new Leap(ns, plan, field, stats).values(view) };
}

/** Arrays give their elements. */
function scanned(planned: PlannedQuery, view: KvView, field: string): ValueSet {
  const found = new ValueSet();
  const path = parsePath(field);
  const add = (value: Value) => {
    if (value.type === T.array) elementsOf(value).forEach((element) => found.add(element));
    else if (value.type !== T.missing) found.add(value);
    return false;
  };
  for (const { doc } of planned.scan.rows(view)) somePathValue(doc, 0, path, add, false);
  return found;
}

/** The index must hold every match and no array, and all its fields before this one be bound to points. */
function leapPlan(ns: CollectionInfo, { filter, hint }: Query, field: string): IndexPlan | undefined {
  if (filter.op === 'true' && !hint) {
    const whole = ns.indexes.filter(
      ({ fields, hidden, multikey, sparse, partial }) =>
        fields[0]!.path.text === field && !hidden && !multikey && !sparse && !partial,
    );
    const [index] = whole.sort((a, b) => a.fields.length - b.fields.length);
    return index && (planQuery(ns, filter, [], { name: index.name }) as IndexPlan);
  }
  const plan = planQuery(ns, filter, [], hint);
  if (plan.kind !== 'index' || !plan.exact || plan.index.multikey) return undefined;
  const depth = depthOf(plan, field);
  const leads = plan.bounds.slice(0, depth).every((bounds) => bounds.kind === 'points');
  return depth >= 0 && depth <= plan.bounds.length && leads ? plan : undefined;
}

function depthOf(plan: IndexPlan, field: string): number {
  return plan.index.fields.findIndex(({ path }) => path.text === field);
}

const writer = new KeyWriter();

/** Reads one document for each value: the key alone does not tell the number's type. */
class Leap {
  constructor(
    private readonly ns: CollectionInfo,
    private readonly plan: IndexPlan,
    private readonly field: string,
    private readonly stats: ScanStats,
  ) {}

  values(view: KvView): ValueSet {
    const found = new ValueSet();
    for (const { start, end } of this.plan.ranges) {
      let from: Buffer | undefined = start;
      while (from) from = this.walk(view, from, end, found);
    }
    return found;
  }

  /** Goes from key to key; returns where to go on if many in a row are of one value. */
  private walk(view: KvView, from: Buffer, end: Buffer, found: ValueSet): Buffer | undefined {
    const fields = this.plan.index.fields.slice(0, depthOf(this.plan, this.field) + 1);
    let next = from;
    let passed = 0;
    for (const { key, value: id } of view.range({ start: from, end })) {
      this.stats.keysExamined++;
      if (key.compare(next) < 0) {
        if (++passed >= LEAP_AFTER) return next;
        continue;
      }
      passed = 0;
      const doc = view.get(recordKey(this.ns.ident, id.readUIntBE(0, 6)))!;
      this.stats.docsExamined++;
      const values = fields.map(({ path }) => plainPathValue(doc, 0, path)!);
      // A missing value has the key of null; a null may still come.
      if (values.at(-1)!.type === T.missing) continue;
      found.add(values.at(-1)!);
      this.stats.returned++;
      writer.start(this.plan.index.ident);
      values.forEach((value, i) => writer.field(value, fields[i]!.descending));
      next = prefixEnd(writer.key());
    }
    return undefined;
  }
}
