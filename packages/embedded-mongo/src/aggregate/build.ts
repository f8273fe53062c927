import { compareValues } from '../bson/compare.js';
import { rankOf, T } from '../bson/types.js';
import type { Value } from '../bson/value.js';
import { BsonWriter } from '../bson/writer.js';

const scratch = new BsonWriter(16 * 1024);

/** An array of values that exist already; a missing one becomes null. */
export function arrayValue(items: Iterable<Value>): Value {
  scratch.reset();
  const mark = scratch.begin();
  let index = 0;
  for (const item of items) scratch.value(String(index++), item);
  scratch.end(mark);
  const buf = scratch.bytes();
  return { buf, type: T.array, start: 0, end: buf.length };
}

/** A document of values that exist already; missing ones are left out. */
export function documentValue(fields: Iterable<readonly [string, Value]>): Value {
  scratch.reset();
  const mark = scratch.begin();
  for (const [name, value] of fields) if (value.type !== T.missing) scratch.value(name, value);
  scratch.end(mark);
  const buf = scratch.bytes();
  return { buf, type: T.object, start: 0, end: buf.length };
}

/** The bytes of a document value, by themselves. */
export function documentBytes({ buf, start, end }: Value): Buffer {
  return start === 0 && end === buf.length ? buf : buf.subarray(start, end);
}

/** A value to keep: its own bytes, not a place in a document that would be kept with it. */
export function detach(value: Value): Value {
  const { buf, type, start, end } = value;
  if (end - start === buf.length) return value;
  return { buf: Buffer.from(buf.subarray(start, end)), type, start: 0, end: end - start };
}

/** MongoDB's order among expressions, where a missing value lies below null. */
export function compareComputed(a: Value, b: Value): number {
  if (a.type !== T.missing && b.type !== T.missing) return compareValues(a, b);
  return Math.sign(missingRank(a) - missingRank(b));
}

function missingRank({ type }: Value): number {
  return type === T.missing ? rankOf(T.undefined) : rankOf(type);
}
