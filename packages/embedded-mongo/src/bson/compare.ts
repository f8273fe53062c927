import { compareDecimals, exactDouble, finite, readDecimal, type Decimal } from './decimal.js';
import { rankOf, T } from './types.js';
import { elements, int32, nameEnd, numberOf, readLong, type Value } from './value.js';

/**
 * MongoDB's order over all BSON values: by type rank, then within the type. Numbers compare by value whatever their
 * type, exactly also for Decimal128 and for Longs beyond 2^53; NaN is the lowest number; -0 equals 0.
 */
export function compareValues(a: Value, b: Value): number {
  const rank = rankOf(a.type) - rankOf(b.type);
  if (rank !== 0) return rank < 0 ? -1 : 1;
  switch (a.type) {
    case T.int:
    case T.double:
    case T.long:
    case T.decimal:
      return compareNumbers(a, b);
    case T.string:
    case T.code:
      return Math.sign(a.buf.compare(b.buf, b.start + 4, b.end - 1, a.start + 4, a.end - 1));
    case T.object:
      return compareObjects(a, b, true);
    case T.array:
      return compareObjects(a, b, false);
    case T.binary:
      return compareBinary(a, b);
    case T.objectId:
    case T.bool:
      return a.buf.compare(b.buf, b.start, b.end, a.start, a.end);
    case T.date:
      return compareWords(a, b, int32(a.buf, a.start + 4), int32(b.buf, b.start + 4));
    case T.timestamp:
      return compareWords(a, b, int32(a.buf, a.start + 4) >>> 0, int32(b.buf, b.start + 4) >>> 0);
    case T.regex:
      return compareRegex(a, b);
    default:
      return 0;
  }
}

export function valuesEqual(a: Value, b: Value): boolean {
  return compareValues(a, b) === 0;
}

function compareNumbers(a: Value, b: Value): number {
  const x = numberOf(a);
  const y = numberOf(b);
  if (x < y) return -1;
  if (x > y) return 1;
  if (x !== y) return Number(Number.isNaN(y)) - Number(Number.isNaN(x));
  // Rounding keeps the order, so only what rounds to one double is to be looked at: decimals, and Longs beyond 2^53.
  return isDouble(a, x) && isDouble(b, y) ? 0 : compareDecimals(exactNumber(a), exactNumber(b));
}

/** Is a number, `double` when rounded, surely that double? */
export function isDouble(value: Value, double: number): boolean {
  return value.type !== T.decimal && (value.type !== T.long || Math.abs(double) < 2 ** 53);
}

/** A number of any type with all its digits. */
export function exactNumber(value: Value): Decimal {
  if (value.type === T.decimal) return readDecimal(value);
  return value.type === T.long ? finite(readLong(value), 0) : exactDouble(numberOf(value));
}

function compareWords(a: Value, b: Value, highA: number, highB: number): number {
  if (highA !== highB) return highA < highB ? -1 : 1;
  const lowA = int32(a.buf, a.start) >>> 0;
  const lowB = int32(b.buf, b.start) >>> 0;
  return lowA < lowB ? -1 : lowA > lowB ? 1 : 0;
}

function compareBinary(a: Value, b: Value): number {
  const length = a.end - a.start - (b.end - b.start);
  if (length !== 0) return length < 0 ? -1 : 1;
  // Behind the equal lengths lie subtype and bytes: one compare covers both.
  return a.buf.compare(b.buf, b.start + 4, b.end, a.start + 4, a.end);
}

function compareRegex(a: Value, b: Value): number {
  const endA = nameEnd(a.buf, a.start);
  const endB = nameEnd(b.buf, b.start);
  const pattern = a.buf.compare(b.buf, b.start, endB, a.start, endA);
  return pattern !== 0 ? pattern : a.buf.compare(b.buf, endB + 1, b.end, endA + 1, a.end);
}

/** Element by element: type rank, then name, then value; the shorter one first. */
function compareObjects(a: Value, b: Value, names: boolean): number {
  const left = elements(a.buf, a.start);
  const right = elements(b.buf, b.start);
  for (;;) {
    const x = left.next();
    const y = right.next();
    if (x.done) return y.done ? 0 : -1;
    if (y.done) return 1;
    const rank = rankOf(x.value.type) - rankOf(y.value.type);
    if (rank !== 0) return rank < 0 ? -1 : 1;
    if (names && x.value.name !== y.value.name) {
      return Buffer.compare(Buffer.from(x.value.name), Buffer.from(y.value.name));
    }
    const order = compareValues(x.value, y.value);
    if (order !== 0) return order;
  }
}
