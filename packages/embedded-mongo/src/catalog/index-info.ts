import { compareValues } from '../bson/compare.js';
import {
  elementsOf,
  findByName,
  isTruthy,
  numberOf,
  objectValue,
  readString,
  type Value,
} from '../bson/value.js';
import { CommandError, ErrorCode } from '../errors.js';
import type { Filter } from '../query/filter.js';
import { compileFilter, type Matcher } from '../query/matcher.js';
import { parseFilter } from '../query/parse-filter.js';
import { parsePath, type Path } from '../query/path.js';

export interface IndexField {
  readonly path: Path;
  readonly descending: boolean;
}

/** One index as the planner and the writers see it. Immutable. */
export interface IndexInfo {
  readonly name: string;
  /** The key prefix of its entries; never used again after a drop. */
  readonly ident: number;
  readonly fields: readonly IndexField[];
  readonly paths: readonly Path[];
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly partial: { readonly filter: Filter; readonly matches: Matcher; readonly doc: Buffer } | undefined;
  /** Kept up by writes, but no query may use it. */
  readonly hidden: boolean;
  /** TTL: documents whose date is older than this many seconds are deleted. */
  readonly expireAfterSeconds: number | undefined;
  /** A stored document had an array on an indexed path: one document may have several keys. */
  readonly multikey: boolean;
  /** The key pattern, `{a: 1, b: -1}`. */
  readonly pattern: Buffer;
  /** The specification as `listIndexes` shows it. */
  readonly spec: Buffer;
}

/** Reads a checked specification (see `checkIndexSpec`). Throws if its partial filter is not one that MongoDB allows. */
export function parseIndex(value: Value, ident: number, multikey = false): IndexInfo {
  const key = findByName(value, 'key')!;
  const fields = elementsOf(key).map((field): IndexField => ({
    path: parsePath(field.name),
    descending: numberOf(field) < 0,
  }));
  const name = readString(findByName(value, 'name')!);
  const filter = findByName(value, 'partialFilterExpression');
  const expiry = findByName(value, 'expireAfterSeconds');
  return {
    name,
    ident,
    fields,
    paths: fields.map((field) => field.path),
    unique: isTruthy(findByName(value, 'unique')) || name === '_id_',
    sparse: isTruthy(findByName(value, 'sparse')),
    partial: filter && parsePartial(filter),
    hidden: isTruthy(findByName(value, 'hidden')),
    expireAfterSeconds: expiry && numberOf(expiry),
    multikey,
    pattern: Buffer.from(key.buf.subarray(key.start, key.end)),
    spec: Buffer.from(value.buf.subarray(value.start, value.end)),
  };
}

const PARTIAL_OPS = new Set(['and', 'or', 'eq', 'gt', 'gte', 'lt', 'lte', 'exists', 'type', 'in', 'true']);

function parsePartial(value: Value): NonNullable<IndexInfo['partial']> {
  const doc = Buffer.from(value.buf.subarray(value.start, value.end));
  const filter = parseFilter(objectValue(doc));
  assertPartial(filter);
  return { filter, matches: compileFilter(filter), doc };
}

function assertPartial(filter: Filter): void {
  if (!PARTIAL_OPS.has(filter.op)) {
    throw new CommandError(
      ErrorCode.CannotCreateIndex,
      `Expression not supported in partial index: $${filter.op}`,
    );
  }
  if (filter.op === 'and' || filter.op === 'or') filter.children.forEach(assertPartial);
}

/**
 * `other`: both may be there. `equivalent`: one excludes the other. `identical`: the same but perhaps for name and
 * visibility.
 */
export function compareIndexes(a: IndexInfo, b: IndexInfo): 'other' | 'equivalent' | 'identical' {
  const same = (one: Buffer | undefined, two: Buffer | undefined) =>
    one && two ? compareValues(objectValue(one), objectValue(two)) === 0 : one === two;
  const signatures =
    same(a.pattern, b.pattern) &&
    a.unique === b.unique &&
    a.sparse === b.sparse &&
    same(a.partial?.doc, b.partial?.doc);
  if (!signatures) return 'other';
  return a.expireAfterSeconds === b.expireAfterSeconds ? 'identical' : 'equivalent';
}
