import {
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
import type { Doc, Value } from './value.js';

/**
 * Reads BSON bytes into model values: every field in its order, every number in its type. Own code, so that
 * neither the driver's conversions nor the store's reader stand between the bytes and the comparison.
 */
export function decode(bytes: Uint8Array): Doc {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Reader(buffer).document();
}

class Reader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  document(): Doc {
    const start = this.at;
    const end = start + this.int32();
    const fields: Doc = new Map();
    for (;;) {
      const type = this.buffer.readUInt8(this.at++);
      if (type === 0) break;
      const name = this.cstring();
      if (fields.has(name)) throw new Error(`the field ${name} comes twice`);
      fields.set(name, this.value(type));
    }
    if (this.at !== end) throw new Error(`a document of ${end - start} bytes ended after ${this.at - start}`);
    return fields;
  }

  private value(type: number): Value {
    switch (type) {
      case 0x01:
        return new Double(this.buffer.readDoubleLE(this.skip(8)));
      case 0x02:
        return this.string();
      case 0x03:
        return this.document();
      case 0x04:
        return this.array();
      case 0x05:
        return this.binary();
      case 0x07:
        return new ObjectId(Uint8Array.from(this.buffer.subarray(this.skip(12), this.at)));
      case 0x08:
        return this.buffer.readUInt8(this.skip(1)) === 1;
      case 0x09:
        return new Date(Number(this.buffer.readBigInt64LE(this.skip(8))));
      case 0x0a:
        return null;
      case 0x0b:
        return new BSONRegExp(this.cstring(), this.cstring());
      case 0x10:
        return new Int32(this.int32());
      case 0x11:
        return new Timestamp(this.buffer.readBigUInt64LE(this.skip(8)));
      case 0x12:
        return Long.fromBigInt(this.buffer.readBigInt64LE(this.skip(8)));
      case 0x13:
        return new Decimal128(Uint8Array.from(this.buffer.subarray(this.skip(16), this.at)));
      case 0x7f:
        return new MaxKey();
      case 0xff:
        return new MinKey();
      default:
        throw new Error(`BSON type ${type} is not part of the model`);
    }
  }

  private array(): Value[] {
    const items = this.document();
    let index = 0;
    for (const name of items.keys()) {
      if (name !== String(index++)) throw new Error(`an array has the key ${name}`);
    }
    return [...items.values()];
  }

  private binary(): Binary {
    const length = this.int32();
    const subType = this.buffer.readUInt8(this.at++);
    return new Binary(Buffer.from(this.buffer.subarray(this.skip(length), this.at)), subType);
  }

  private string(): string {
    const length = this.int32();
    const start = this.skip(length);
    return this.buffer.toString('utf8', start, start + length - 1);
  }

  private cstring(): string {
    const end = this.buffer.indexOf(0, this.at);
    const text = this.buffer.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }

  private int32(): number {
    return this.buffer.readInt32LE(this.skip(4));
  }

  private skip(length: number): number {
    const start = this.at;
    this.at += length;
    return start;
  }
}
