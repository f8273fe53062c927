import type { CollectionInfo } from '../catalog/catalog.js';
import type { IndexInfo } from '../catalog/index-info.js';
import { rankOf, T } from '../bson/types.js';
import { CommandError, ErrorCode } from '../errors.js';
import { byteRanges, prefixBounds, type ByteRange, type FieldBounds } from './bounds.js';
import { conjuncts, type Filter } from './filter.js';
import { implies } from './implies.js';
import type { SortField } from './sort.js';

export interface IndexPlan {
  readonly kind: 'index';
  readonly index: IndexInfo;
  readonly bounds: readonly FieldBounds[];
  /** In index order; scanned backwards with `reverse`. */
  readonly ranges: readonly ByteRange[];
  readonly reverse: boolean;
  /** The scan yields the wanted order. */
  readonly sorted: boolean;
  /** The keys in the ranges are exactly the matching documents. */
  readonly exact: boolean;
}

export type Plan =
  | IndexPlan
  | {
      readonly kind: 'collection';
      readonly reverse: boolean;
      readonly sorted: boolean;
      readonly exact: boolean;
    }
  | {
      readonly kind: 'union';
      readonly branches: readonly IndexPlan[];
      readonly sorted: boolean;
      readonly exact: false;
    };

/** What the client asked to use. */
export type Hint = { readonly name: string } | { readonly pattern: Buffer } | { readonly natural: 1 | -1 };

/** Chooses how to find the documents that match `filter`, in the order of `sort` if an index gives it. */
export function planQuery(ns: CollectionInfo, filter: Filter, sort: readonly SortField[], hint?: Hint): Plan {
  const conditions = conjuncts(filter);
  if (hint && 'natural' in hint) return collectionPlan(filter, sort, hint.natural === -1);
  const candidates = hint ? [hinted(ns, hint)] : ns.indexes.filter((index) => !index.hidden);
  let best: IndexPlan | undefined;
  for (const index of candidates) {
    const plan = planIndex(index, conditions, sort, hint !== undefined);
    if (plan && (!best || score(plan) > score(best))) best = plan;
  }
  if (best && (hint || best.bounds.length > 0)) return best;
  return (hint ? undefined : planUnion(ns, conditions, sort)) ?? best ?? collectionPlan(filter, sort, false);
}

function collectionPlan(filter: Filter, sort: readonly SortField[], reverse: boolean): Plan {
  return { kind: 'collection', reverse, sorted: sort.length === 0, exact: filter.op === 'true' };
}

function hinted(ns: CollectionInfo, hint: Exclude<Hint, { natural: unknown }>): IndexInfo {
  const found = ns.indexes.find(
    (index) =>
      !index.hidden && ('name' in hint ? index.name === hint.name : index.pattern.equals(hint.pattern)),
  );
  if (!found) {
    throw new CommandError(
      ErrorCode.BadValue,
      'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
    );
  }
  return found;
}

function planIndex(
  index: IndexInfo,
  conditions: readonly Filter[],
  sort: readonly SortField[],
  forced: boolean,
): IndexPlan | undefined {
  if (index.partial && !implies(conditions, index.partial.filter)) return undefined;
  const bounds = prefixBounds(index, conditions);
  if (index.sparse && !excludesMissing(bounds[0])) return undefined;
  const direction = index.multikey ? undefined : sortDirection(index, bounds, sort);
  const sorted = sort.length === 0 || direction !== undefined;
  if (bounds.length === 0 && !forced && !(sorted && sort.length > 0) && !index.partial) return undefined;
  let ranges: ByteRange[];
  try {
    ranges = byteRanges(index, bounds);
  } catch (error) {
    // A value longer than any key: no index entry can hold it, the documents are looked at instead.
    if (error instanceof CommandError && error.code === ErrorCode.KeyTooLong) return undefined;
    throw error;
  }
  const used = new Set(bounds.flatMap((field) => field.used));
  const exact =
    !index.multikey &&
    conditions.every(
      (condition) =>
        used.has(condition) || (index.partial && implies(conjuncts(index.partial.filter), condition)),
    );
  return { kind: 'index', index, bounds, ranges, reverse: direction === -1, sorted, exact };
}

function excludesMissing(first: FieldBounds | undefined): boolean {
  if (!first) return false;
  if (first.kind === 'range') return true;
  return first.kind === 'points' && first.points.every((point) => rankOf(point.type) !== rankOf(T.null));
}

/** 1 or -1 if a scan in that direction yields the sort order, else undefined. */
function sortDirection(
  index: IndexInfo,
  bounds: readonly FieldBounds[],
  sort: readonly SortField[],
): 1 | -1 | undefined {
  const fixed = new Set<string>();
  bounds.forEach((field, i) => {
    if (field.kind === 'points' && field.points.length <= 1) fixed.add(index.fields[i]!.path.text);
  });
  const wanted = sort.filter((field) => !fixed.has(field.path.text));
  let direction: 1 | -1 | undefined;
  let next = 0;
  for (let i = 0; i < index.fields.length && next < wanted.length; i++) {
    const field = index.fields[i]!;
    if (fixed.has(field.path.text) && i < bounds.length) continue;
    if (wanted[next]!.path.text !== field.path.text) return undefined;
    const here = wanted[next]!.descending === field.descending ? 1 : -1;
    if (direction && direction !== here) return undefined;
    direction = here;
    next++;
  }
  if (next < wanted.length) return undefined;
  return direction ?? 1;
}

/** Points first, then the order, then a range, then a complete match, then the smaller index. */
function score(plan: IndexPlan): number {
  const single = plan.bounds.filter((field) => field.kind === 'points' && field.points.length <= 1).length;
  const point = plan.index.unique && single === plan.index.fields.length ? 1 : 0;
  const bound = plan.bounds.length - single;
  const tie = (plan.exact ? 0.5 : 0) + (plan.index.partial ? 0.25 : 0);
  return (
    point * 1000 + single * 20 + (plan.sorted ? 8 : 0) + bound * 6 + tie - plan.index.fields.length * 0.01
  );
}

/** One indexed scan for each branch of an `$or`, if all have one. */
function planUnion(
  ns: CollectionInfo,
  conditions: readonly Filter[],
  sort: readonly SortField[],
): Plan | undefined {
  for (const condition of conditions) {
    if (condition.op !== 'or') continue;
    const rest = conditions.filter((other) => other !== condition);
    const branches = condition.children.map((child) => {
      const plan = planQuery(ns, { op: 'and', children: [child, ...rest] }, []);
      if (plan.kind === 'index' && plan.bounds.length > 0) return [plan];
      return plan.kind === 'union' ? plan.branches : undefined;
    });
    if (branches.every((branch) => branch !== undefined)) {
      return { kind: 'union', branches: branches.flat(), sorted: sort.length === 0, exact: false };
    }
  }
  return undefined;
}
