import { exactNumber, isDouble } from '../bson/compare.js';
import { compareDecimals, exactDouble, type Decimal } from '../bson/decimal.js';
import { T, rankOf } from '../bson/types.js';
import { elements, int32, nameEnd, numberOf, type Value } from '../bson/value.js';
import { CommandError, ErrorCode } from '../errors.js';

/** LMDB's limit for a key with pages of 4 KiB. */
export const MAX_KEY = 1978;

const scratch = Buffer.alloc(8);
/** Behind a double's bits: the value is that double; one less or more: it is less or more. */
const EXACT = 0x80;

/**
 * Writes BSON values so that `memcmp` of the keys is MongoDB's order of the values. Each value is self-delimiting:
 * a type tag (its rank), then bytes that order within the type. A descending field is the same with all bits inverted.
 * Numbers of all types: the nearest double's bits made sortable, then on which side of that double the value lies. What
 * is that double ends there; a decimal or a Long between two doubles adds its digits.
 */
export class KeyWriter {
  private readonly buf = Buffer.alloc(MAX_KEY + 16);
  private at = 0;

  /** Starts a key under the 4-byte identifier of an index or a record store. */
  start(ident: number): this {
    this.at = 4;
    this.buf.writeUInt32BE(ident, 0);
    return this;
  }

  get length(): number {
    return this.at;
  }

  /** Goes back to a length taken earlier: the next field is written over what came after. */
  truncate(length: number): void {
    this.at = length;
  }

  /** A copy of the key written so far. */
  key(): Buffer {
    const copy = Buffer.allocUnsafe(this.at);
    this.buf.copy(copy, 0, 0, this.at);
    return copy;
  }

  /** Appends one value of an index field. Throws KeyTooLong or the refusal of a type. */
  field(value: Value, descending: boolean): this {
    const from = this.at;
    this.tagged(value);
    if (descending) this.invert(from);
    return this;
  }

  /** Appends a type boundary: everything of `rank` (see `rankOf`) lies at or behind it. */
  bound(rank: number, descending: boolean): this {
    this.byte(descending ? 255 - rank : rank);
    return this;
  }

  recordId(id: number): this {
    this.room(6);
    this.at = this.buf.writeUIntBE(id, this.at, 6);
    return this;
  }

  private invert(from: number): void {
    for (let i = from; i < this.at; i++) this.buf[i] = ~this.buf[i]!;
  }

  private room(size: number): void {
    if (this.at + size > MAX_KEY) {
      throw new CommandError(ErrorCode.KeyTooLong, `key too large to index, the limit is ${MAX_KEY} bytes`);
    }
  }

  private byte(value: number): void {
    this.room(1);
    this.buf[this.at++] = value;
  }

  private tagged(value: Value): void {
    this.byte(rankOf(value.type));
    this.body(value);
  }

  private body(value: Value): void {
    const { buf, start, end } = value;
    switch (value.type) {
      case T.int:
      case T.double:
      case T.long:
      case T.decimal:
        return this.number(value);
      case T.string:
      case T.code:
        return this.escaped(buf, start + 4, end - 1);
      case T.object:
        return this.object(value, true);
      case T.array:
        return this.object(value, false);
      case T.binary:
        this.room(end - start);
        this.buf.writeUInt32BE(int32(buf, start), this.at);
        buf.copy(this.buf, this.at + 4, start + 4, end);
        this.at += end - start;
        return;
      case T.objectId:
      case T.bool:
        this.room(end - start);
        for (let i = start; i < end; i++) this.buf[this.at++] = buf[i]!;
        return;
      case T.date:
        return this.words(value, 0x80);
      case T.timestamp:
        return this.words(value, 0);
      case T.regex: {
        const middle = nameEnd(buf, start);
        this.escaped(buf, start, middle);
        return this.escaped(buf, middle + 1, end - 1);
      }
      default:
        return;
    }
  }

  private number(value: Value): void {
    const double = numberOf(value);
    this.room(9);
    const from = this.at;
    this.at += 8;
    this.buf[this.at++] = EXACT;
    if (Number.isNaN(double)) {
      this.buf.fill(0, from, from + 8);
      return;
    }
    // `+ 0` makes -0 the same as 0.
    scratch.writeDoubleBE(double + 0);
    const flip = scratch[0]! & 0x80 ? 0xff : 0;
    this.buf[from] = flip ? ~scratch[0]! : scratch[0]! | 0x80;
    for (let i = 1; i < 8; i++) this.buf[from + i] = scratch[i]! ^ flip;
    if (isDouble(value, double)) return;
    const exact = exactNumber(value);
    const side = compareDecimals(exact, exactDouble(double));
    if (side === 0) return;
    this.buf[this.at - 1] = EXACT + side;
    this.digits(exact);
  }

  /** A decimal that is not 0: where its first digit stands, then 34 digits. */
  private digits({ negative, coefficient, exponent }: Decimal): void {
    const digits = String(coefficient);
    const from = this.at;
    this.room(17);
    this.at = this.buf.writeUInt16BE(digits.length + exponent + 0x4000, this.at);
    const hex = BigInt(digits.padEnd(34, '0')).toString(16).padStart(30, '0');
    this.at += this.buf.write(hex, this.at, 'hex');
    if (negative) this.invert(from);
  }

  private words(value: Value, flip: number): void {
    this.room(8);
    for (let i = 7; i >= 0; i--) this.buf[this.at++] = value.buf[value.start + i]!;
    this.buf[this.at - 8]! ^= flip;
  }

  /** Bytes ended by 00 01; a 00 within is 00 FF, so that no string is a prefix of another. */
  private escaped(from: Buffer, start: number, end: number): void {
    this.room(end - start + 2);
    for (let i = start; i < end; i++) {
      const byte = from[i]!;
      this.buf[this.at++] = byte;
      if (byte === 0) this.byte(0xff);
    }
    this.room(2);
    this.buf[this.at++] = 0;
    this.buf[this.at++] = 1;
  }

  private object(value: Value, names: boolean): void {
    for (const element of elements(value.buf, value.start)) {
      this.byte(rankOf(element.type));
      if (names) {
        const name = Buffer.from(element.name);
        this.escaped(name, 0, name.length);
      }
      this.body(element);
    }
    this.byte(0);
  }
}

/** The first key behind all keys that start with `prefix`. */
export function prefixEnd(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i]! < 255) {
      end[i]!++;
      return end.subarray(0, i + 1);
    }
  }
  throw new Error('a key prefix of only 0xff has no end');
}
