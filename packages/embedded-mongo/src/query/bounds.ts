import type { IndexInfo } from '../catalog/index-info.js';
import { compareValues } from '../bson/compare.js';
import { isNumber, rankOf, T } from '../bson/types.js';
import { numberOf, type Value } from '../bson/value.js';
import { doubleValue } from '../bson/make.js';
import { KeyWriter, prefixEnd } from '../kv/key-writer.js';
import { isComparison, type Comparison, type Filter } from './filter.js';

export interface Limit {
  readonly value: Value;
  readonly inclusive: boolean;
}

/** What a query says about one index field. */
export type FieldBounds =
  | { readonly kind: 'points'; readonly points: readonly Value[]; readonly used: readonly Filter[] }
  | {
      readonly kind: 'range';
      readonly rank: number;
      readonly lower?: Limit;
      readonly upper?: Limit;
      readonly used: readonly Filter[];
    }
  | { readonly kind: 'all'; readonly used: readonly Filter[] };

export interface ByteRange {
  readonly start: Buffer;
  readonly end: Buffer;
  /** `start` is a whole key of a unique index: at most one entry, found by a get. */
  readonly point: boolean;
}

/** More points than this (the product over the fields) are not expanded: the rest is left to the filter. */
const MAX_POINTS = 50_000;
const NONE: FieldBounds = { kind: 'all', used: [] };

/** The bounds that `conditions` put on one field. With `multikey` only one condition may be used. */
export function fieldBounds(path: string, conditions: readonly Filter[], multikey: boolean): FieldBounds {
  const here = conditions.filter((condition) => 'path' in condition && condition.path.text === path);
  const points = here.map(pointsOf).find((found) => found !== undefined);
  if (points) return points;
  const ranges = here.filter(isComparison).filter((condition) => rangeable(condition.value));
  if (ranges.length === 0) return NONE;
  const rank = rankOf(ranges[0]!.value.type);
  if (!multikey && ranges.some((range) => rankOf(range.value.type) !== rank)) {
    // Of two types at once: nothing can match unless the field is an array, so no point but no range either.
    return { kind: 'points', points: [], used: ranges };
  }
  return intersect(rank, multikey ? ranges.slice(0, 1) : ranges);
}

function rangeable(value: Value): boolean {
  return (
    value.type !== T.array && value.type !== T.minKey && value.type !== T.maxKey && value.type !== T.regex
  );
}

function pointsOf(condition: Filter): FieldBounds | undefined {
  if (condition.op === 'in') {
    if (condition.patterns.length > 0 || !condition.values.every(rangeable)) return undefined;
    return { kind: 'points', points: distinct(condition.values), used: [condition] };
  }
  if (!isComparison(condition) || !rangeable(condition.value)) return undefined;
  const { op, value } = condition;
  const isNull = value.type === T.null;
  const isNaN = isNumber(value.type) && Number.isNaN(numberOf(value));
  if (op === 'eq') return { kind: 'points', points: [value], used: [condition] };
  if (!isNull && !isNaN) return undefined;
  return { kind: 'points', points: op === 'gte' || op === 'lte' ? [value] : [], used: [condition] };
}

function distinct(values: readonly Value[]): Value[] {
  const sorted = [...values].sort(compareValues);
  return sorted.filter((value, i) => i === 0 || compareValues(value, sorted[i - 1]!) !== 0);
}

function intersect(rank: number, ranges: readonly Comparison[]): FieldBounds {
  let lower: Limit | undefined;
  let upper: Limit | undefined;
  for (const { op, value } of ranges) {
    const limit: Limit = { value, inclusive: op === 'gte' || op === 'lte' };
    if (op === 'gt' || op === 'gte') lower = tighter(lower, limit, 1);
    else upper = tighter(upper, limit, -1);
  }
  // NaN lies below all numbers but is not less than any.
  if (!lower && rank === rankOf(T.double)) lower = { value: doubleValue(-Infinity), inclusive: true };
  return { kind: 'range', rank, lower, upper, used: ranges };
}

function tighter(current: Limit | undefined, next: Limit, sign: number): Limit {
  if (!current) return next;
  const order = compareValues(next.value, current.value) * sign;
  if (order === 0) return current.inclusive ? next : current;
  return order > 0 ? next : current;
}

/** The fields of an index up to and with the first that is not bound to points. */
export function prefixBounds(index: IndexInfo, conditions: readonly Filter[]): FieldBounds[] {
  const found: FieldBounds[] = [];
  let expanded = 1;
  for (const { path } of index.fields) {
    const bounds = fieldBounds(path.text, conditions, index.multikey);
    if (bounds.kind === 'all') break;
    if (bounds.kind === 'points') {
      expanded *= bounds.points.length;
      if (expanded > MAX_POINTS) break;
    }
    found.push(bounds);
    // With several keys a document, bounds of two fields may be met by two different elements.
    if (bounds.kind === 'range' || index.multikey) break;
  }
  return found;
}

/** The bounds for each combination of single points. */
export function pointCombinations(bounds: readonly FieldBounds[]): FieldBounds[][] {
  return bounds.reduce<FieldBounds[][]>(
    (found, field) =>
      found.flatMap((before) =>
        field.kind === 'points'
          ? field.points.map((point) => [...before, { ...field, points: [point] }])
          : [[...before, field]],
      ),
    [[]],
  );
}

const writer = new KeyWriter();

/** The key ranges to scan, in the order of the index. */
export function byteRanges(index: IndexInfo, bounds: readonly FieldBounds[]): ByteRange[] {
  const ranges: ByteRange[] = [];
  writer.start(index.ident);
  const descend = (depth: number) => {
    const field = bounds[depth];
    if (!field || field.kind === 'all') {
      const start = writer.key();
      ranges.push({ start, end: prefixEnd(start), point: index.unique && depth === index.fields.length });
      return;
    }
    const { descending } = index.fields[depth]!;
    const mark = writer.length;
    if (field.kind === 'range') {
      const range = rangeOf(field, descending, mark);
      if (range.start.compare(range.end) < 0) ranges.push(range);
      return;
    }
    const points = descending ? [...field.points].reverse() : field.points;
    for (const point of points) {
      writer.truncate(mark);
      writer.field(point, descending);
      descend(depth + 1);
    }
    writer.truncate(mark);
  };
  descend(0);
  return ranges;
}

function rangeOf(
  field: Extract<FieldBounds, { kind: 'range' }>,
  descending: boolean,
  mark: number,
): ByteRange {
  const [first, last] = descending ? [field.upper, field.lower] : [field.lower, field.upper];
  const at = (limit: Limit | undefined) => {
    writer.truncate(mark);
    if (limit) writer.field(limit.value, descending);
    else writer.bound(field.rank, descending);
    return writer.key();
  };
  const start = at(first);
  const end = at(last);
  writer.truncate(mark);
  return {
    start: first && !first.inclusive ? prefixEnd(start) : start,
    end: last && !last.inclusive ? end : prefixEnd(end),
    point: false,
  };
}
