import { rankOf, T } from './types.js';
import { elements, int32, nameEnd, readLong, readNumber, type Value } from './value.js';

/**
 * MongoDB's order over all BSON values: by type rank, then within the type. Numbers compare by value whatever their
 * type, exactly also for Longs beyond 2^53; NaN is the lowest number; -0 equals 0. Decimal128 is refused.
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
  const x = readNumber(a);
  const y = readNumber(b);
  if (x < y) return -1;
  if (x > y) return 1;
  if (x === y) {
    // Equal as doubles: only Longs beyond 2^53 can differ still, and their distance from the double decides.
    if (Math.abs(x) < 2 ** 53 || (a.type !== T.long && b.type !== T.long) || !Number.isFinite(x)) return 0;
    const left = a.type === T.long ? readLong(a) : BigInt(x);
    const right = b.type === T.long ? readLong(b) : BigInt(y);
    return left < right ? -1 : left > right ? 1 : 0;
  }
  return Number(Number.isNaN(y)) - Number(Number.isNaN(x));
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
