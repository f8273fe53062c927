import { compareValues } from '../bson/compare.js';
import { isNumber, T } from '../bson/types.js';
import { elements, elementsOf, MISSING, readNumber, type Value } from '../bson/value.js';
import { CommandError, badValue, ErrorCode, typeMismatch, unsupported } from '../errors.js';
import { parsePath, plainPathValue, somePathValue, type Path } from './path.js';

export interface SortField {
  readonly path: Path;
  readonly descending: boolean;
}

/** MongoDB's bound for a sort in memory. */
const MAX_SORT_BYTES = 100 * 1024 * 1024;

/** Parses a sort document; an empty one is no sort. */
export function parseSort(value: Value | undefined): SortField[] {
  if (!value) return [];
  if (value.type !== T.object) throw typeMismatch("Expected field 'sort' to be of type object");
  return elementsOf(value).map((element) => {
    if (element.type === T.object) throw unsupported('$meta in a sort');
    const order = isNumber(element.type) ? readNumber(element) : 0;
    if (order !== 1 && order !== -1)
      throw badValue('$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    if (element.name === '')
      throw new CommandError(ErrorCode.EmptyFieldName, 'FieldPath cannot be constructed with empty string');
    return { path: parsePath(element.name), descending: order < 0 };
  });
}

/** The value a document sorts by: of an array its least element (greatest when descending); missing as null. */
export function sortValue(doc: Buffer, { path, descending }: SortField): Value {
  const plain = plainPathValue(doc, 0, path);
  if (plain) return plain;
  let best: Value | undefined;
  const consider = (value: Value) => {
    if (!best || compareValues(value, best) * (descending ? -1 : 1) < 0) best = value;
    return false;
  };
  somePathValue(
    doc,
    0,
    path,
    (value) => {
      if (value.type !== T.array) return consider(value);
      let empty = true;
      for (const element of elements(value.buf, value.start)) {
        empty = false;
        consider(element);
      }
      return empty ? consider(EMPTY_ARRAY) : false;
    },
    false,
  );
  return best ?? MISSING;
}

const EMPTY_ARRAY: Value = { ...MISSING, type: T.undefined };

interface Keyed<R> {
  readonly row: R;
  readonly keys: Value[];
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
  const order = (a: Keyed<R>, b: Keyed<R>) => {
    for (let i = 0; i < fields.length; i++) {
      const result = compareValues(a.keys[i]!, b.keys[i]!);
      if (result !== 0) return fields[i]!.descending ? -result : result;
    }
    return a.position - b.position;
  };
  let position = 0;
  for (const row of rows) {
    kept.push({ row, keys: fields.map((field) => sortValue(row.doc, field)), position: position++ });
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
