import { isNumber, T } from '../bson/types.js';
import {
  elementsOf,
  findByName,
  isTruthy,
  objectValue,
  readNumber,
  readString,
  type Value,
} from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { CommandError, ErrorCode, unsupported } from '../errors.js';
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
  /** A stored document had an array on an indexed path: one document may have several keys. */
  readonly multikey: boolean;
  /** The key pattern, `{a: 1, b: -1}`. */
  readonly pattern: Buffer;
  /** The specification as `listIndexes` shows it. */
  readonly spec: Buffer;
}

const IGNORED = new Set([
  'v',
  'ns',
  'background',
  'key',
  'name',
  'unique',
  'sparse',
  'partialFilterExpression',
]);

function cannotCreate(message: string): CommandError {
  return new CommandError(ErrorCode.CannotCreateIndex, message);
}

/** Parses one element of `createIndexes.indexes`. Kinds and options that this store has not are refused by name. */
export function parseIndex(value: Value, ident: number, multikey = false): IndexInfo {
  const key = findByName(value, 'key');
  if (!key || key.type !== T.object) {
    throw new CommandError(
      ErrorCode.FailedToParse,
      "The 'key' field is a required property of an index specification",
    );
  }
  const fields = parseKey(key);
  for (const option of elementsOf(value)) {
    if (IGNORED.has(option.name) || (option.name === 'hidden' && !isTruthy(option))) continue;
    if (KNOWN.has(option.name)) throw unsupported(`the index option ${option.name}`);
    throw new CommandError(
      ErrorCode.InvalidIndexSpecificationOption,
      `The field '${option.name}' is not valid for an index specification`,
    );
  }
  const given = findByName(value, 'name');
  if (given && given.type !== T.string)
    throw new CommandError(ErrorCode.TypeMismatch, "The field 'name' must be a string");
  const name = given
    ? readString(given)
    : fields.map((field) => `${field.path.text}_${field.descending ? -1 : 1}`).join('_');
  if (name === '*' || name === '') throw cannotCreate(`The index name '${name}' is not valid.`);
  const unique = isTruthy(findByName(value, 'unique'));
  const sparse = isTruthy(findByName(value, 'sparse'));
  const filter = findByName(value, 'partialFilterExpression');
  if (filter && sparse) throw cannotCreate('cannot mix "partialFilterExpression" and "sparse" options');
  const pattern = Buffer.from(key.buf.subarray(key.start, key.end));
  const isId = fields.length === 1 && fields[0]!.path.text === '_id';
  const partial = filter && parsePartial(filter);
  const spec = buildDocument((writer) => {
    writer.int('v', 2);
    writer.document('key', pattern);
    writer.string('name', isId ? '_id_' : name);
    if (unique && !isId) writer.bool('unique', true);
    if (sparse) writer.bool('sparse', true);
    if (partial) writer.document('partialFilterExpression', partial.doc);
  });
  return {
    name: isId ? '_id_' : name,
    ident,
    fields,
    paths: fields.map((field) => field.path),
    unique: unique || isId,
    sparse,
    partial,
    multikey,
    pattern,
    spec,
  };
}

const KNOWN = new Set(
  `expireAfterSeconds collation hidden weights default_language language_override textIndexVersion 2dsphereIndexVersion
   bits min max bucketSize storageEngine wildcardProjection prepareUnique dropDups clustered`.split(/\s+/),
);

function parseKey(key: Value): IndexField[] {
  const fields = elementsOf(key).map((element): IndexField => {
    if (element.type === T.string) throw unsupported(`the index kind '${readString(element)}'`);
    if (!isNumber(element.type) || readNumber(element) === 0 || Number.isNaN(readNumber(element))) {
      throw cannotCreate(
        `Values in v:2 index key pattern must be numbers > 0 or < 0, or strings: ${element.name}`,
      );
    }
    const path = parsePath(element.name);
    if (element.name.includes('$**')) throw unsupported('the index kind wildcard');
    if (path.parts.some((part) => part === ''))
      throw cannotCreate('Index keys cannot contain an empty field.');
    if (path.parts.some((part) => part.startsWith('$'))) {
      throw cannotCreate("Index key contains an illegal field name: field name starts with '$'.");
    }
    if (path.positions.some((position) => position >= 0)) throw unsupported('an index on an array position');
    return { path, descending: readNumber(element) < 0 };
  });
  if (fields.length === 0) throw cannotCreate('Index keys cannot be an empty object');
  if (fields.length > 32) throw new CommandError(13103, 'too many compound keys');
  return fields;
}

const PARTIAL_OPS = new Set(['and', 'or', 'eq', 'gt', 'gte', 'lt', 'lte', 'exists', 'type', 'in', 'true']);

function parsePartial(value: Value): NonNullable<IndexInfo['partial']> {
  if (value.type !== T.object) {
    throw new CommandError(ErrorCode.TypeMismatch, "The field 'partialFilterExpression' must be an object");
  }
  const doc = Buffer.from(value.buf.subarray(value.start, value.end));
  const filter = parseFilter(objectValue(doc));
  assertPartial(filter);
  return { filter, matches: compileFilter(filter), doc };
}

function assertPartial(filter: Filter): void {
  if (!PARTIAL_OPS.has(filter.op))
    throw cannotCreate(`Expression not supported in partial index: $${filter.op}`);
  if (filter.op === 'and' || filter.op === 'or') filter.children.forEach(assertPartial);
}
