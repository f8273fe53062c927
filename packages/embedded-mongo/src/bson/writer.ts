import { T } from './types.js';
import { int32, type Value } from './value.js';

/** Appends BSON to one growing buffer; raw values are copied, never decoded. */
export class BsonWriter {
  private buf: Buffer;
  private at = 0;

  constructor(size = 1024) {
    this.buf = Buffer.allocUnsafeSlow(size);
  }

  get length(): number {
    return this.at;
  }

  /** Forgets all that was written; the memory is kept. */
  reset(): void {
    this.at = 0;
  }

  /** A copy of what was written. */
  bytes(): Buffer {
    const copy = Buffer.allocUnsafe(this.at);
    this.buf.copy(copy, 0, 0, this.at);
    return copy;
  }

  /** Starts a document in a place of its own (the root, or after `header`). Returns the mark for {@link end}. */
  begin(): number {
    this.reserve(4);
    const mark = this.at;
    this.at += 4;
    return mark;
  }

  end(mark: number): void {
    this.reserve(1);
    this.buf[this.at++] = 0;
    this.buf.writeInt32LE(this.at - mark, mark);
  }

  beginObject(name: string): number {
    this.header(T.object, name);
    return this.begin();
  }

  beginArray(name: string): number {
    this.header(T.array, name);
    return this.begin();
  }

  header(type: number, name: string): void {
    this.reserve(name.length * 3 + 2);
    this.buf[this.at++] = type;
    if (name.length < 24 && this.ascii(name)) return;
    this.at += this.buf.write(name, this.at);
    this.buf[this.at++] = 0;
  }

  private ascii(name: string): boolean {
    const { buf } = this;
    const from = this.at;
    for (let i = 0; i < name.length; i++) {
      const code = name.charCodeAt(i);
      if (code > 127) return false;
      buf[from + i] = code;
    }
    this.at = from + name.length;
    buf[this.at++] = 0;
    return true;
  }

  value(name: string, value: Value): void {
    this.header(value.type === T.missing ? T.null : value.type, name);
    this.raw(value.buf, value.start, value.end);
  }

  /** An embedded document given as whole bytes. */
  document(name: string, doc: Buffer): void {
    this.header(T.object, name);
    this.raw(doc, 0, doc.length);
  }

  raw(from: Buffer, start: number, end: number): void {
    const size = end - start;
    this.reserve(size);
    from.copy(this.buf, this.at, start, end);
    this.at += size;
  }

  /** The elements (without length and terminator) of the document at `start`. */
  elementsOf(from: Buffer, start: number): void {
    this.raw(from, start + 4, start + int32(from, start) - 1);
  }

  int(name: string, value: number): void {
    this.header(T.int, name);
    this.rawInt(value);
  }

  rawInt(value: number): void {
    this.reserve(4);
    this.at = this.buf.writeInt32LE(value, this.at);
  }

  double(name: string, value: number): void {
    this.header(T.double, name);
    this.reserve(8);
    this.at = this.buf.writeDoubleLE(value, this.at);
  }

  long(name: string, value: bigint): void {
    this.header(T.long, name);
    this.reserve(8);
    this.at = this.buf.writeBigInt64LE(value, this.at);
  }

  /** A whole number as MongoDB answers counts: int32 where it fits, else Long. */
  count(name: string, value: number): void {
    if (value <= 0x7fffffff) this.int(name, value);
    else this.long(name, BigInt(value));
  }

  bool(name: string, value: boolean): void {
    this.header(T.bool, name);
    this.reserve(1);
    this.buf[this.at++] = value ? 1 : 0;
  }

  string(name: string, value: string): void {
    this.header(T.string, name);
    this.reserve(value.length * 3 + 5);
    const size = this.buf.write(value, this.at + 4);
    this.buf.writeInt32LE(size + 1, this.at);
    this.at += size + 4;
    this.buf[this.at++] = 0;
  }

  date(name: string, ms: number): void {
    this.header(T.date, name);
    this.reserve(8);
    this.at = this.buf.writeBigInt64LE(BigInt(ms), this.at);
  }

  /** A UUID (binary subtype 4) from its text form. */
  uuid(name: string, uuid: string): void {
    const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
    this.header(T.binary, name);
    this.rawInt(bytes.length);
    this.reserve(1);
    this.buf[this.at++] = 4;
    this.raw(bytes, 0, bytes.length);
  }

  null(name: string): void {
    this.header(T.null, name);
  }

  private reserve(size: number): void {
    if (this.at + size <= this.buf.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.at + size));
    this.buf.copy(grown, 0, 0, this.at);
    this.buf = grown;
  }
}

/** Writers that no document is being built with: their memory is used again. */
const idle: BsonWriter[] = [];

/** Builds one document. */
export function buildDocument(write: (writer: BsonWriter) => void): Buffer {
  const writer = idle.pop() ?? new BsonWriter();
  writer.reset();
  const mark = writer.begin();
  write(writer);
  writer.end(mark);
  const doc = writer.bytes();
  if (doc.length < 64 * 1024) idle.push(writer);
  return doc;
}
