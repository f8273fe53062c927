import {
  BSON,
  Binary,
  BSONRegExp,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'mongodb';

/** A document of the model: a Map, because a plain object would reorder fields named like integers. */
export type Doc = Map<string, Value>;

/** A BSON value of the model; numbers keep their BSON type. */
export type Value =
  | null
  | boolean
  | string
  | Int32
  | Double
  | Long
  | Decimal128
  | Date
  | ObjectId
  | Binary
  | Timestamp
  | BSONRegExp
  | MinKey
  | MaxKey
  | Value[]
  | Doc;

export const isDoc = (value: unknown): value is Doc => value instanceof Map;

export type Numeric = Int32 | Double | Long | Decimal128;

export const isNumeric = (value: unknown): value is Numeric =>
  value instanceof Int32 || value instanceof Double || value instanceof Long || value instanceof Decimal128;

/** The number of a numeric value; exact but for decimals, because the model keeps Longs within 2^53. */
export function toNumber(value: Numeric): number {
  if (value instanceof Decimal128) return Number(value.toString());
  return value instanceof Long ? value.toNumber() : value.value;
}

/** A literal made into model values: objects become documents, integral numbers int32, other numbers doubles. */
export function literal(input: unknown): Value {
  if (typeof input === 'number') {
    const isInt32 = Number.isInteger(input) && Math.abs(input) < 2 ** 31 && !Object.is(input, -0);
    return isInt32 ? new Int32(input) : new Double(input);
  }
  if (Array.isArray(input)) return input.map(literal);
  if (typeof input === 'object' && input !== null && Object.getPrototypeOf(input) === Object.prototype) {
    return doc(input as Record<string, unknown>);
  }
  if (input instanceof RegExp) return new BSONRegExp(input.source, input.flags);
  return input as Value;
}

/** A document from an object literal; see `literal`. */
export function doc(fields: Record<string, unknown>): Doc {
  return new Map(Object.entries(fields).map(([name, value]) => [name, literal(value)]));
}

/** A copy that shares no document and no array with the original. */
export function clone<T extends Value>(value: T): T {
  const source: Value = value;
  if (isDoc(source)) return new Map([...source].map(([name, item]) => [name, clone(item)])) as T;
  return Array.isArray(source) ? (source.map(clone) as T) : value;
}

/** The bytes of a value as text: equal exactly if type, field order and content are. */
export function identity(value: Value): string {
  return Buffer.from(BSON.serialize(new Map([['', value]]))).toString('latin1');
}

/** Short text for failure reports. */
export function show(value: unknown): string {
  if (value instanceof Map)
    return `{${[...value].map(([name, item]) => `${name}: ${show(item)}`).join(', ')}}`;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (value instanceof Int32) return String(value.value);
  if (value instanceof Double) return `double(${Object.is(value.value, -0) ? '-0' : value.value})`;
  if (value instanceof Long) return `long(${value.toString()})`;
  if (value instanceof Decimal128) return `decimal(${value.toString()})`;
  if (value instanceof Date) return `date(${value.getTime()})`;
  if (value instanceof ObjectId) return `oid(${value.toHexString()})`;
  if (value instanceof BSONRegExp) return `/${value.pattern}/${value.options}`;
  if (value instanceof Binary) return `bin(${value.sub_type}, ${value.toString('hex')})`;
  if (value instanceof MinKey) return 'MinKey';
  if (value instanceof MaxKey) return 'MaxKey';
  if (value instanceof Timestamp) return `timestamp(${value.toString()})`;
  return value === undefined ? 'undefined' : JSON.stringify(value);
}
