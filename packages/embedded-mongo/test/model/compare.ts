import { Binary, BSONRegExp, Decimal128, Double, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';
import { isDoc, isNumeric, toNumber, type Numeric, type Value } from './value.js';

/** Stands in keys for what MongoDB indexes as `undefined`: the content of an empty array. Sorts below null. */
export const EMPTY = Symbol('empty array');
export type KeyValue = Value | typeof EMPTY;

/** The place of a value's type in MongoDB's order across types. */
export function typeRank(value: KeyValue): number {
  if (value instanceof MinKey) return -1;
  if (value === EMPTY) return 0;
  if (value === null) return 5;
  if (isNumeric(value)) return 10;
  if (typeof value === 'string') return 15;
  if (isDoc(value)) return 20;
  if (Array.isArray(value)) return 25;
  if (value instanceof Binary) return 30;
  if (value instanceof ObjectId) return 35;
  if (typeof value === 'boolean') return 40;
  if (value instanceof Date) return 45;
  if (value instanceof Timestamp) return 47;
  if (value instanceof BSONRegExp) return 50;
  if (value instanceof MaxKey) return 127;
  throw new Error(`no rank for ${String(value)}`);
}

/** MongoDB's order over all BSON values: negative, 0 or positive. */
export function compare(left: KeyValue, right: KeyValue): number {
  const rank = typeRank(left);
  const difference = rank - typeRank(right);
  if (difference !== 0) return difference;
  if (isNumeric(left) && isNumeric(right)) return compareNumbers(left, right);
  if (typeof left === 'string' && typeof right === 'string') return compareBytes(left, right);
  if (isDoc(left) && isDoc(right)) return compareFields([...left], [...right]);
  if (Array.isArray(left) && Array.isArray(right)) return compareFields(entries(left), entries(right));
  if (left instanceof Binary && right instanceof Binary) return compareBinary(left, right);
  if (left instanceof ObjectId && right instanceof ObjectId) {
    return compareBytes(left.toHexString(), right.toHexString());
  }
  if (typeof left === 'boolean') return Number(left) - Number(right);
  if (left instanceof Date && right instanceof Date) return left.getTime() - right.getTime();
  if (left instanceof Timestamp && right instanceof Timestamp) return left.compare(right);
  if (left instanceof BSONRegExp && right instanceof BSONRegExp) {
    return compareBytes(left.pattern, right.pattern) || compareBytes(left.options, right.options);
  }
  return 0;
}

const entries = (items: Value[]): [string, Value][] => items.map((item) => ['', item]);

/** NaN is equal to itself and below every other number; -0 equals 0. */
function compareNumbers(left: Numeric, right: Numeric): number {
  if (isExactNumber(left) && isExactNumber(right)) return compareDoubles(toNumber(left), toNumber(right));
  const [x, y] = [fraction(left), fraction(right)];
  if (typeof x === 'number' || typeof y === 'number') {
    const rank = (part: Fraction | number): number =>
      typeof part !== 'number' ? 0 : part > 0 ? 1 : part < 0 ? -1 : -2;
    return rank(x) - rank(y);
  }
  return Number(x.over * y.under - y.over * x.under > 0n) - Number(x.over * y.under - y.over * x.under < 0n);
}

const isExactNumber = (value: Numeric): boolean =>
  value instanceof Long ? Number.isSafeInteger(value.toNumber()) : !(value instanceof Decimal128);

function compareDoubles(left: number, right: number): number {
  if (Number.isNaN(left) || Number.isNaN(right))
    return Number(Number.isNaN(right)) - Number(Number.isNaN(left));
  return left < right ? -1 : Number(left > right);
}

export interface Fraction {
  over: bigint;
  under: bigint;
}

/** A number as an exact fraction; NaN and the infinities as themselves. */
export function fraction(value: Numeric): Fraction | number {
  const [, sign, whole, decimals = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(value.toString()) ?? [];
  if (!Number.isFinite(toNumber(value)) && whole === undefined) return toNumber(value);
  if (value instanceof Double) {
    let [number, under] = [value.value, 1n];
    while (!Number.isInteger(number)) [number, under] = [number * 2, under * 2n];
    return { over: BigInt(number), under };
  }
  const power = Number(exponent) - decimals.length;
  const over = BigInt(`${sign}${whole}${decimals}`);
  return power < 0
    ? { over, under: 10n ** BigInt(-power) }
    : { over: over * 10n ** BigInt(power), under: 1n };
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function compareBinary(left: Binary, right: Binary): number {
  return (
    left.length() - right.length() ||
    left.sub_type - right.sub_type ||
    Buffer.compare(left.value(), right.value())
  );
}

/** Field by field: first the type, then the name, then the value; the shorter of two equal beginnings is less. */
function compareFields(left: [string, Value][], right: [string, Value][]): number {
  for (const [index, [leftName, leftValue]] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const [rightName, rightValue] = other;
    const result =
      typeRank(leftValue) - typeRank(rightValue) ||
      compareBytes(leftName, rightName) ||
      compare(leftValue, rightValue);
    if (result !== 0) return result;
  }
  return left.length - right.length;
}
