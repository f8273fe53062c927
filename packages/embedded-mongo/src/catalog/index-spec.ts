import { formatDocument, formatValue } from '../bson/format.js';
import { isNumber, T, typeName } from '../bson/types.js';
import {
  elementsOf,
  findByName,
  isTruthy,
  numberOf,
  readString,
  type Element,
  type Value,
} from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { badValue, CommandError, ErrorCode, typeMismatch, unsupported } from '../errors.js';

const MAX_PATTERN = 2048;
const MAX_FIELDS = 32;
export const MAX_EXPIRE_SECONDS = 0x7fffffff;

type Check = (option: Element, spec: Value) => void;

const asBool: Check = (option) => {
  if (option.type === T.bool || isNumber(option.type) || option.type === T.null) return;
  throw typeMismatch(
    `The field '${option.name} has value ${option.name}: ${formatValue(option)}, which is not convertible to bool`,
  );
};
const asType =
  (type: number, wanted: string): Check =>
  (option) => {
    if (option.type === type) return;
    throw typeMismatch(`The field '${option.name}' must be ${wanted}, but got ${typeName(option.type)}`);
  };
const refusedIfSet: Check = (option) => {
  if (isTruthy(option)) throw unsupported(`the index option ${option.name}`);
};

/** Every option of an index specification that MongoDB knows, with its check: those not supported are refused by name. */
export const INDEX_OPTIONS: Readonly<Record<string, Check>> = {
  v: checkVersion,
  key: checkPattern,
  name: asType(T.string, 'a string'),
  ns: () => undefined,
  background: asBool,
  unique: asBool,
  hidden: asBool,
  partialFilterExpression: asType(T.object, 'an object'),
  sparse: asBool,
  expireAfterSeconds: checkExpiry,
  collation: checkCollation,
  dropDups: refusedIfSet,
  prepareUnique: refusedIfSet,
  clustered: refusedIfSet,
  storageEngine: refusedIfSet,
  weights: refusedIfSet,
  default_language: refusedIfSet,
  language_override: refusedIfSet,
  textIndexVersion: refusedIfSet,
  '2dsphereIndexVersion': refusedIfSet,
  bits: refusedIfSet,
  min: refusedIfSet,
  max: refusedIfSet,
  bucketSize: refusedIfSet,
  wildcardProjection: refusedIfSet,
};

/** The options that are stored and shown, in the order of `listIndexes`. */
export const STORED_OPTIONS = [
  'background',
  'unique',
  'hidden',
  'partialFilterExpression',
  'sparse',
  'expireAfterSeconds',
] as const;

const ID_OPTIONS = new Set(['v', 'key', 'name', 'ns', 'collation']);
const PLUGINS = new Set(['text', 'hashed', '2d', '2dsphere', 'geoHaystack', 'columnstore', 'wildcard']);

function cannotCreate(message: string): CommandError {
  return new CommandError(ErrorCode.CannotCreateIndex, message);
}

/**
 * Checks one element of `createIndexes.indexes` as MongoDB does and returns the specification to store. Kinds and options
 * that this store has not are refused by name.
 */
export function checkIndexSpec(given: Value, ignoreUnknown: boolean): Buffer {
  try {
    return checked(given, ignoreUnknown);
  } catch (error) {
    if (!(error instanceof CommandError) || error.code === ErrorCode.NotImplemented) throw error;
    throw new CommandError(
      error.code,
      `Error in specification ${formatDocument(given)} :: caused by :: ${error.message}`,
    );
  }
}

function checked(given: Value, ignoreUnknown: boolean): Buffer {
  const options = elementsOf(given);
  for (const option of options) {
    if (ignoreUnknown || Object.hasOwn(INDEX_OPTIONS, option.name)) continue;
    throw invalidOption(
      `The field '${option.name}' is not valid for an index specification. Specification: ${formatDocument(given)}`,
    );
  }
  const known = options.filter((option) => Object.hasOwn(INDEX_OPTIONS, option.name));
  for (const option of known) INDEX_OPTIONS[option.name]!(option, given);
  const key = required(given, 'key');
  const name = readString(required(given, 'name'));
  const isId = isIdPattern(key);
  if (isId) checkIdSpec(given, known, key);
  else if (name === '_id_') {
    throw badValue(
      `The index name '_id_' is reserved for the _id index, which must have key pattern {_id: 1}, found key: ${formatDocument(key)}`,
    );
  }
  if (name === '*') throw badValue("The index name '*' is not valid.");
  if (name === '') throw cannotCreate('index name cannot be empty');
  if (name.includes('\0')) throw cannotCreate('index name cannot contain NUL bytes');
  if (findByName(given, 'partialFilterExpression') && isTruthy(findByName(given, 'sparse')))
    throw cannotCreate('cannot mix "partialFilterExpression" and "sparse" options');
  return buildDocument((writer) => {
    writer.int('v', 2);
    writer.value('key', key);
    writer.string('name', isId ? '_id_' : name);
    for (const option of STORED_OPTIONS) {
      const value = findByName(given, option);
      if (!value || value.type === T.null) continue;
      if (option === 'expireAfterSeconds') writer.int(option, Math.trunc(numberOf(value)));
      else if (option === 'partialFilterExpression') writer.value(option, value);
      else if (isTruthy(value) || option === 'sparse' || option === 'background')
        writer.bool(option, isTruthy(value));
    }
  });
}

function required(spec: Value, name: string): Value {
  const found = findByName(spec, name);
  if (found) return found;
  throw new CommandError(
    ErrorCode.FailedToParse,
    `The '${name}' field is a required property of an index specification`,
  );
}

function invalidOption(message: string): CommandError {
  return new CommandError(ErrorCode.InvalidIndexSpecificationOption, message);
}

/** `{_id: 1}` and `{_id: -1}`: MongoDB takes both for an attempt at the `_id` index. */
function isIdPattern(key: Value): boolean {
  const [first, ...more] = elementsOf(key);
  return first?.name === '_id' && more.length === 0 && Math.abs(Math.trunc(numberOf(first))) === 1;
}

function checkIdSpec(spec: Value, options: readonly Element[], key: Value): void {
  if (isTruthy(findByName(spec, 'hidden'))) throw badValue("can't hide _id index");
  const foreign = options.find((option) => !ID_OPTIONS.has(option.name));
  if (foreign) {
    throw invalidOption(
      `The field '${foreign.name}' is not valid for an _id index specification. Specification: ${formatDocument(spec)}`,
    );
  }
  if (numberOf(elementsOf(key)[0]!) !== 1)
    throw badValue(`The field 'key' for an _id index must be {_id: 1}, but got ${formatDocument(key)}`);
}

function checkVersion(option: Element, spec: Value): void {
  if (!isNumber(option.type))
    throw typeMismatch(`The field 'v' must be a number, but got ${typeName(option.type)}`);
  const version = numberOf(option);
  if (version === 2) return;
  if (version === 1) throw unsupported('the index version 1');
  if (!Number.isInteger(version) || Math.abs(version) > MAX_EXPIRE_SECONDS) {
    throw badValue(`Index version must be representable as a 32-bit integer, but got ${formatValue(option)}`);
  }
  throw cannotCreate(
    `Invalid index specification ${formatDocument(spec)}; cannot create an index with v=${version}`,
  );
}

function checkCollation(option: Element): void {
  asType(T.object, 'an object')(option, option);
  const locale = findByName(option, 'locale');
  if (locale?.type === T.string && readString(locale) === 'simple') return;
  if (option.end - option.start === 5) throw badValue("The field 'collation' cannot be an empty object.");
  throw unsupported('the index option collation');
}

function checkExpiry(option: Element, spec: Value): void {
  const refuse = (reason: string) => cannotCreate(`${reason}. Index spec: ${formatDocument(spec)}`);
  const problem = expiryProblem(option);
  if (problem) throw refuse(problem);
  const key = findByName(spec, 'key');
  if (key?.type === T.object && elementsOf(key).length !== 1) {
    throw refuse('TTL indexes are single-field indexes, compound indexes do not support TTL');
  }
}

/** What is wrong with a value of `expireAfterSeconds`, if anything. */
export function expiryProblem(value: Value): string | undefined {
  const option = "TTL index 'expireAfterSeconds' option";
  if (!isNumber(value.type))
    return `${option} must be numeric, but received a type of ${typeName(value.type)}`;
  const seconds = Math.trunc(numberOf(value));
  if (Number.isNaN(seconds)) return `${option} must not be NaN`;
  if (seconds < 0) return `${option} cannot be less than 0`;
  if (seconds <= MAX_EXPIRE_SECONDS) return undefined;
  return `${option} must be within an acceptable range, try a lower number`;
}

function checkPattern(key: Element): void {
  asType(T.object, 'an object')(key, key);
  const fields = elementsOf(key);
  const names = new Set<string>();
  for (const { name } of fields) {
    if (names.has(name)) {
      throw badValue(
        `The field '${name}' appears multiple times in the index key pattern ${formatDocument(key)}`,
      );
    }
    names.add(name);
  }
  if (key.end - key.start > MAX_PATTERN) throw cannotCreate('Index key pattern too large.');
  if (fields.length === 0) throw cannotCreate('Index keys cannot be an empty object');
  checkPlugin(fields);
  fields.forEach(checkField);
  if (fields.length > MAX_FIELDS) throw new CommandError(13103, 'too many compound keys');
}

function checkPlugin(fields: readonly Element[]): void {
  for (const field of fields) {
    if (field.name === '$**' || field.name.endsWith('.$**')) throw unsupported('the index kind wildcard');
    if (field.type !== T.string) continue;
    const kind = readString(field);
    if (kind === '') throw cannotCreate('Values in the index key pattern cannot be empty strings');
    if (!PLUGINS.has(kind)) throw cannotCreate(`Unknown index plugin '${kind}'`);
    throw unsupported(`the index kind ${kind}`);
  }
}

function checkField(field: Element): void {
  if (!isNumber(field.type)) {
    throw cannotCreate(
      `Values in v:2 index key pattern cannot be of type ${typeName(field.type)}. Only numbers > 0, numbers < 0, and strings are allowed.`,
    );
  }
  if (Number.isNaN(numberOf(field))) throw cannotCreate('Values in the index key pattern cannot be NaN.');
  if (numberOf(field) === 0) throw cannotCreate('Values in the index key pattern cannot be 0.');
  if (field.name === '_fts') throw cannotCreate("Index key contains an illegal field name: '_fts'.");
  const parts = field.name.split('.');
  if (parts.includes('')) throw cannotCreate('Index keys cannot contain an empty field.');
  const isReference = (part: string, i: number) => i > 0 && ['$db', '$id', '$ref'].includes(part);
  if (parts.some((part, i) => part.startsWith('$') && !isReference(part, i)))
    throw cannotCreate("Index key contains an illegal field name: field name starts with '$'.");
  if (parts.some((part) => /^(0|[1-9]\d{0,8})$/.test(part)))
    throw unsupported('an index on an array position');
}
