import { unsupported } from '../errors.js';
import { readDecimal, toDouble } from './decimal.js';
import { T } from './types.js';

/**
 * A BSON value that stays where it is: `buf[start, end)` holds the value's bytes of type `type`.
 * Nothing is decoded before somebody looks at it.
 */
export interface Value {
  readonly buf: Buffer;
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** A value with the name of its field. */
export interface Element extends Value {
  readonly name: string;
}

const EMPTY = Buffer.alloc(0);
/** The value of a field that is not there. */
export const MISSING: Value = { buf: EMPTY, type: T.missing, start: 0, end: 0 };
export const NULL: Value = { buf: EMPTY, type: T.null, start: 0, end: 0 };

/** Reads the offset behind the value of `type` that starts at `at`. The bytes must have been validated. */
export function endOf(buf: Buffer, type: number, at: number): number {
  switch (type) {
    case T.int:
      return at + 4;
    case T.string:
    case T.code:
    case T.symbol:
      return at + 4 + int32(buf, at);
    case T.objectId:
      return at + 12;
    case T.double:
    case T.date:
    case T.long:
    case T.timestamp:
      return at + 8;
    case T.object:
    case T.array:
    case T.codeWithScope:
      return at + int32(buf, at);
    case T.binary:
      return at + 5 + int32(buf, at);
    case T.bool:
      return at + 1;
    case T.decimal:
      return at + 16;
    case T.regex:
      return buf.indexOf(0, buf.indexOf(0, at) + 1) + 1;
    case T.dbPointer:
      return at + 16 + int32(buf, at);
    default:
      return at;
  }
}

/** Little-endian int32 without the bounds check of Buffer's own reader. */
export function int32(buf: Buffer, at: number): number {
  return buf[at]! | (buf[at + 1]! << 8) | (buf[at + 2]! << 16) | (buf[at + 3]! << 24);
}

/** The offset of the NUL that ends the name starting at `at`, or the end of the buffer. */
export function nameEnd(buf: Buffer, at: number): number {
  while (buf[at]) at++;
  return at;
}

/** A whole document as a value. */
export function objectValue(doc: Buffer): Value {
  return { buf: doc, type: T.object, start: 0, end: doc.length };
}

/** Elements of the document (or array) whose length field is at `start`, in order. */
export function* elements(buf: Buffer, start: number): Generator<Element> {
  const end = start + int32(buf, start) - 1;
  for (let at = start + 4; at < end;) {
    const element = elementAt(buf, at);
    yield element;
    at = element.end;
  }
}

/** Elements of an object or array value as an array. */
export function elementsOf({ buf, start }: Value): Element[] {
  const found: Element[] = [];
  const end = start + int32(buf, start) - 1;
  for (let at = start + 4; at < end;) {
    const element = elementAt(buf, at);
    found.push(element);
    at = element.end;
  }
  return found;
}

/** The element whose type byte is at `at`. */
function elementAt(buf: Buffer, at: number): Element {
  const type = buf[at]!;
  const zero = nameEnd(buf, at + 1);
  const start = zero + 1;
  return { buf, type, start, end: endOf(buf, type, start), name: buf.toString('utf8', at + 1, zero) };
}

/** A field name as it lies in BSON: UTF-8 and a NUL, so that a lookup is one byte compare. */
export function fieldName(name: string): Buffer {
  return Buffer.from(`${name}\0`, 'utf8');
}

/** Finds a field of the document at `start`; undefined when it is not there. */
export function findField(buf: Buffer, start: number, name: Buffer): Value | undefined {
  const end = start + int32(buf, start) - 1;
  let at = start + 4;
  const length = name.length;
  while (at < end) {
    const type = buf[at++]!;
    let i = 0;
    while (i < length && buf[at + i] === name[i]) i++;
    if (i === length) {
      const valueStart = at + length;
      return { buf, type, start: valueStart, end: endOf(buf, type, valueStart) };
    }
    // Every byte before i equals a non-NUL byte of the name, so the NUL is at i or behind it.
    at = endOf(buf, type, nameEnd(buf, at + i) + 1);
  }
  return undefined;
}

/** As {@link findField}, by a plain string. */
export function findByName(value: Value, name: string): Value | undefined {
  return findField(value.buf, value.start, fieldName(name));
}

export function readString(value: Value): string {
  return value.buf.toString('utf8', value.start + 4, value.end - 1);
}

export function readBool(value: Value): boolean {
  return value.buf[value.start] === 1;
}

export function readLong(value: Value): bigint {
  return value.buf.readBigInt64LE(value.start);
}

/** A number of any type as the nearest double: for limits, signs and hashes. `compareValues` compares exactly. */
export function numberOf(value: Value): number {
  return value.type === T.decimal ? toDouble(readDecimal(value)) : readNumber(value);
}

/**
 * A number value as a double. Exact for int32, double and Longs within 2^53; a larger Long is rounded
 * (compare with `compareValues`, which is exact). Decimal128 is refused, so that no arithmetic loses its digits.
 */
export function readNumber(value: Value): number {
  const { buf, start } = value;
  switch (value.type) {
    case T.int:
      return int32(buf, start);
    case T.double:
      return buf.readDoubleLE(start);
    case T.long:
      return int32(buf, start + 4) * 4294967296 + (int32(buf, start) >>> 0);
    default:
      throw unsupported('Decimal128 here');
  }
}

/** MongoDB's truth: everything but false, null, missing and zero. */
export function isTruthy(value: Value | undefined): boolean {
  if (!value) return false;
  switch (value.type) {
    case T.missing:
    case T.null:
    case T.undefined:
      return false;
    case T.bool:
      return readBool(value);
    case T.int:
    case T.double:
    case T.long:
      return readNumber(value) !== 0;
    case T.decimal: {
      const { kind, coefficient } = readDecimal(value);
      return kind !== 'finite' || coefficient !== 0n;
    }
    default:
      return true;
  }
}
