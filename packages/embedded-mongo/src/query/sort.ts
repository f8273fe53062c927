import { compareValues } from '../bson/compare.js';
import { formatDocument, formatValue } from '../bson/format.js';
import { isNumber, T } from '../bson/types.js';
import { elementsOf, findByName, numberOf, type Element, type Value } from '../bson/value.js';
import { badValue, CommandError, ErrorCode, unsupported } from '../errors.js';
import { expandPaths, ParallelArrays, plainValues } from './expand.js';
import { parseFieldPath } from './field-path.js';
import { parsePath, type Path } from './path.js';

export interface SortField {
  readonly path: Path;
  readonly descending: boolean;
}

/** MongoDB's bound for a sort in memory. */
const MAX_SORT_BYTES = 100 * 1024 * 1024;

/** Parses a sort document; an empty one is no sort. */
export function parseSort(value: Value | undefined): SortField[] {
  const keys = value ? elementsOf(value) : [];
  if (keys.length > 32) throw new CommandError(13103, 'too many compound keys');
  const fields = new Map(keys.map((key) => [key.name, parseKey(key)]));
  return [...fields.values()];
}

function parseKey(key: Element): SortField {
  if (key.type === T.object) {
    if (findByName(key, '$meta')) throw unsupported('$meta in a sort');
    throw new CommandError(17312, '$meta is the only expression supported by $sort right now');
  }
  if (!isNumber(key.type))
    throw new CommandError(15974, `Illegal key in $sort specification: ${key.name}: ${formatValue(key)}`);
  const order = Math.trunc(numberOf(key));
  if (order !== 1 && order !== -1)
    throw new CommandError(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
  parseFieldPath(key.name);
  return { path: parsePath(key.name), descending: order < 0 };
}

/** `{$natural: 1}` is no sort but a hint of how to go through the collection. */
export function naturalOrder(value: Value | undefined): 1 | -1 | undefined {
  const natural = value && findByName(value, '$natural');
  if (!natural) return undefined;
  if (elementsOf(value).length > 1)
    throw badValue(`Cannot include '$natural' in compound sort: ${formatDocument(value)}`);
  const order = isNumber(natural.type) ? numberOf(natural) : 0;
  if (order !== 1 && order !== -1)
    throw badValue('$natural sort cannot be set to a value other than -1 or 1.');
  return order;
}

/**
 * The values a document sorts by. With arrays on the way, the least of all combinations in this order (so a descending
 * field takes its greatest); a missing value counts as null.
 */
function sortKey(doc: Buffer, fields: readonly SortField[], paths: readonly Path[]): Value[] {
  const plain = plainValues(doc, paths);
  if (plain) return plain;
  let best: Value[] | undefined;
  try {
    expandPaths(doc, paths, (values) => {
      if (!best || compareKeys(values, best, fields) < 0) best = values;
    });
  } catch (error) {
    if (error instanceof ParallelArrays) throw badValue('cannot sort with keys that are parallel arrays');
    throw error;
  }
  return best!;
}

export function compareKeys(a: readonly Value[], b: readonly Value[], fields: readonly SortField[]): number {
  for (let i = 0; i < fields.length; i++) {
    const order = compareValues(a[i]!, b[i]!);
    if (order !== 0) return fields[i]!.descending ? -order : order;
  }
  return 0;
}

/** The values documents sort by. */
export function sortKeyOf(fields: readonly SortField[]): (doc: Buffer) => readonly Value[] {
  const paths = fields.map((field) => field.path);
  return (doc) => sortKey(doc, fields, paths);
}

/** Orders documents as a sort does. */
export function compareDocuments(fields: readonly SortField[]): (a: Buffer, b: Buffer) => number {
  const keyOf = sortKeyOf(fields);
  return (a, b) => compareKeys(keyOf(a), keyOf(b), fields);
}

interface Keyed<R> {
  readonly row: R;
  readonly keys: readonly Value[];
  readonly position: number;
}

/** Sorts rows, stable, keeping only the first `limit` (0: all). Bounded in memory as MongoDB's sort is. */
export function sortRows<R extends { doc: Buffer }>(
  rows: Iterable<R>,
  fields: readonly SortField[],
  limit: number,
): R[] {
  let kept: Keyed<R>[] = [];
  let bytes = 0;
  const keyOf = sortKeyOf(fields);
  const order = (a: Keyed<R>, b: Keyed<R>) => compareKeys(a.keys, b.keys, fields) || a.position - b.position;
  let position = 0;
  for (const row of rows) {
    kept.push({ row, keys: keyOf(row.doc), position: position++ });
    bytes += row.doc.length;
    if (limit > 0 && kept.length >= limit * 2 + 1000) {
      kept = kept.sort(order).slice(0, limit);
      bytes = kept.reduce((sum, entry) => sum + entry.row.doc.length, 0);
    }
    if (bytes > MAX_SORT_BYTES) {
      throw new CommandError(
        ErrorCode.MemoryLimit,
        `Executor error during find command :: caused by :: Sort exceeded memory limit of ${MAX_SORT_BYTES} bytes, but did not opt in to external sorting.`,
      );
    }
  }
  kept.sort(order);
  return (limit > 0 ? kept.slice(0, limit) : kept).map((entry) => entry.row);
}
