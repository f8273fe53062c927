import { compareValues } from '../bson/compare.js';
import { objectValue } from '../bson/value.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import type { IndexInfo } from '../catalog/index-info.js';
import { rankOf, T } from '../bson/types.js';
import { badValue, CommandError, ErrorCode, unsupported } from '../errors.js';
import { byteRanges, pointCombinations, prefixBounds, type ByteRange, type FieldBounds } from './bounds.js';
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
  /** The scan yields the wanted order: all in all, or only within each of its points. */
  readonly sorted: boolean | 'by point';
  /** The keys in the ranges are exactly the matching documents. */
  readonly exact: boolean;
}

export type Plan =
  | (IndexPlan & { readonly sorted: boolean })
  | {
      readonly kind: 'collection';
      readonly reverse: boolean;
      readonly sorted: boolean;
      readonly exact: boolean;
    }
  | UnionPlan;

export interface UnionPlan {
  readonly kind: 'union';
  readonly branches: readonly IndexPlan[];
  /** Every branch comes in this order, and so do all of them merged. Empty: they follow each other. */
  readonly order: readonly SortField[];
  readonly sorted: boolean;
  readonly exact: false;
}

/** MongoDB's bound on the scans that are merged for an order. */
const MAX_MERGED = 200;

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
  if (best && (hint || best.bounds.length > 0)) return finished(best, sort);
  const union = hint ? undefined : planUnion(ns, conditions, sort);
  return union ?? (best ? finished(best, sort) : collectionPlan(filter, sort, false));
}

function collectionPlan(filter: Filter, sort: readonly SortField[], reverse: boolean): Plan {
  return { kind: 'collection', reverse, sorted: sort.length === 0, exact: filter.op === 'true' };
}

export function hinted(ns: CollectionInfo, hint: Exclude<Hint, { natural: unknown }>): IndexInfo {
  const found = ns.indexes.find(
    (index) =>
      !index.hidden && ('name' in hint ? index.name === hint.name : samePattern(index, hint.pattern)),
  );
  if (found) return found;
  throw badValue(
    'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
  );
}

/** The same fields in the same order and direction, in numbers of any type. */
function samePattern(index: IndexInfo, pattern: Buffer): boolean {
  return compareValues(objectValue(index.pattern), objectValue(pattern)) === 0;
}

function planIndex(
  index: IndexInfo,
  conditions: readonly Filter[],
  sort: readonly SortField[],
  forced: boolean,
): IndexPlan | undefined {
  if (index.partial && !implies(conditions, index.partial.filter)) {
    if (forced)
      throw unsupported(`a hint of the partial index ${index.name}, which may lack what is asked for,`);
    return undefined;
  }
  const bounds = prefixBounds(index, conditions);
  // A hint of a sparse index is taken as it is, also where the index lacks documents.
  if (index.sparse && !forced && !excludesMissing(bounds[0])) return undefined;
  const { direction, sorted } = orderOf(index, bounds, sort);
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

/** Does the index give the order, and scanned in which direction? */
export function orderOf(
  index: IndexInfo,
  bounds: readonly FieldBounds[],
  sort: readonly SortField[],
): { readonly direction?: 1 | -1 | undefined; readonly sorted: IndexPlan['sorted'] } {
  if (sort.length === 0) return { sorted: true };
  if (index.multikey && boundsShapeOrder(index, bounds, sort)) return { sorted: false };
  const direction = sortDirection(index, bounds, sort, 1);
  if (direction) return { direction, sorted: true };
  const byPoint = sortDirection(index, bounds, sort, Infinity);
  const count = bounds.reduce((all, field) => all * (field.kind === 'points' ? field.points.length : 1), 1);
  return byPoint && count <= MAX_MERGED ? { direction: byPoint, sorted: 'by point' } : { sorted: false };
}

/**
 * A document with several keys is met first by the one that a sort goes by, unless bounds on a field beneath the same
 * name leave that one out.
 */
function boundsShapeOrder(
  index: IndexInfo,
  bounds: readonly FieldBounds[],
  sort: readonly SortField[],
): boolean {
  const bounded = index.fields.slice(0, bounds.length).map(({ path }) => path.parts[0]);
  return sort.some(({ path }) => bounded.includes(path.parts[0]));
}

/** 1 or -1 if a scan in that direction yields the sort order, where fields of up to `points` points count as one. */
function sortDirection(
  index: IndexInfo,
  bounds: readonly FieldBounds[],
  sort: readonly SortField[],
  points: number,
): 1 | -1 | undefined {
  const fixed = new Set<string>();
  bounds.forEach((field, i) => {
    if (field.kind === 'points' && field.points.length <= points) fixed.add(index.fields[i]!.path.text);
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

/** A plan that is sorted only within its points becomes one scan for each of them. */
function finished(plan: IndexPlan, order: readonly SortField[]): Plan {
  const { index, sorted } = plan;
  if (sorted !== 'by point') return { ...plan, sorted };
  const branches = pointCombinations(plan.bounds).map((bounds): IndexPlan => {
    return { ...plan, bounds, ranges: byteRanges(index, bounds), sorted: true };
  });
  return { kind: 'union', branches, order, sorted: true, exact: false };
}

/** One indexed scan for each branch of an `$or`, if all have one; merged, if each gives the order. */
function planUnion(
  ns: CollectionInfo,
  conditions: readonly Filter[],
  sort: readonly SortField[],
): Plan | undefined {
  for (const condition of conditions) {
    if (condition.op !== 'or') continue;
    const rest = conditions.filter((other) => other !== condition);
    const filters = condition.children.map((child): Filter => ({ op: 'and', children: [child, ...rest] }));
    const ordered = sort.length > 0 ? branchesOf(ns, filters, sort) : undefined;
    if (ordered && ordered.length <= MAX_MERGED)
      return { kind: 'union', branches: ordered, order: sort, sorted: true, exact: false };
    const branches = branchesOf(ns, filters, []);
    if (branches) return { kind: 'union', branches, order: [], sorted: sort.length === 0, exact: false };
  }
  return undefined;
}

function branchesOf(
  ns: CollectionInfo,
  filters: readonly Filter[],
  sort: readonly SortField[],
): readonly IndexPlan[] | undefined {
  const found: IndexPlan[] = [];
  for (const filter of filters) {
    const plan = planQuery(ns, filter, sort);
    if (!plan.sorted || plan.kind === 'collection') return undefined;
    if (plan.kind === 'index' && plan.bounds.length === 0) return undefined;
    found.push(...(plan.kind === 'index' ? [plan] : plan.branches));
  }
  return found;
}
