import { T } from './types.js';
import type { Value } from './value.js';

function over(type: number, buf: Buffer): Value {
  return { buf, type, start: 0, end: buf.length };
}

export function intValue(value: number): Value {
  const buf = Buffer.allocUnsafe(4);
  buf.writeInt32LE(value);
  return over(T.int, buf);
}

export function longValue(value: bigint): Value {
  const buf = Buffer.allocUnsafe(8);
  buf.writeBigInt64LE(value);
  return over(T.long, buf);
}

export function doubleValue(value: number): Value {
  const buf = Buffer.allocUnsafe(8);
  buf.writeDoubleLE(value);
  return over(T.double, buf);
}

export function boolValue(value: boolean): Value {
  return over(T.bool, Buffer.of(value ? 1 : 0));
}

export function stringValue(value: string): Value {
  const size = Buffer.byteLength(value);
  const buf = Buffer.allocUnsafe(size + 5);
  buf.writeInt32LE(size + 1);
  buf.write(value, 4);
  buf[size + 4] = 0;
  return over(T.string, buf);
}

export function dateValue(ms: number): Value {
  const buf = Buffer.allocUnsafe(8);
  buf.writeBigInt64LE(BigInt(ms));
  return over(T.date, buf);
}

/** Bytes of the general subtype. */
export function binaryValue(bytes: Buffer): Value {
  const buf = Buffer.alloc(5 + bytes.length);
  buf.writeInt32LE(bytes.length);
  bytes.copy(buf, 5);
  return over(T.binary, buf);
}

/** A BSON timestamp: seconds in the high word, a counter within the second in the low one. */
export function timestampValue(seconds: number, increment: number): Value {
  const buf = Buffer.allocUnsafe(8);
  buf.writeUInt32LE(increment, 0);
  buf.writeUInt32LE(seconds, 4);
  return over(T.timestamp, buf);
}

let counter = Math.floor(Math.random() * 0xffffff);
const processPart = Buffer.from(Array.from({ length: 5 }, () => Math.floor(Math.random() * 256)));

/** A fresh ObjectId (for upserts that name no `_id`). */
export function newObjectId(): Value {
  const buf = Buffer.allocUnsafe(12);
  buf.writeUInt32BE(Math.floor(Date.now() / 1000) >>> 0, 0);
  processPart.copy(buf, 4);
  counter = (counter + 1) & 0xffffff;
  buf.writeUIntBE(counter, 9, 3);
  return over(T.objectId, buf);
}
