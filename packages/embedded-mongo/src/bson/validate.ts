import { CommandError, ErrorCode, unsupported } from '../errors.js';
import { T, typeName } from './types.js';

/** MongoDB's limits: a user document, a message, the depth of nesting. */
export const MAX_DOCUMENT = 16 * 1024 * 1024;
export const MAX_MESSAGE = 48_000_000;
export const MAX_DEPTH = 100;

/** The bytes are not BSON: the connection that sent them is closed. */
export class MalformedBson extends Error {
  override readonly name = 'MalformedBson';
}

/**
 * Checks that `buf[start, end)` is exactly one well-formed document, so that all later readers may trust lengths
 * and terminators. Deprecated types that no current driver can write are refused by name.
 */
export function validateDocument(buf: Buffer, start: number, end: number, depth = 0): void {
  // The envelope of a command and its arrays sit above the documents: a few levels of room for them.
  if (depth > MAX_DEPTH + 8) {
    throw new CommandError(ErrorCode.BadValue, `Document exceeds the nesting depth of ${MAX_DEPTH}`);
  }
  if (end - start < 5 || buf.readInt32LE(start) !== end - start || buf[end - 1] !== 0) {
    throw new MalformedBson('document length does not match its bytes');
  }
  let at = start + 4;
  const last = end - 1;
  while (at < last) {
    const type = buf[at]!;
    at++;
    while (at < last && buf[at] !== 0) at++;
    if (at >= last) throw new MalformedBson('field name is not terminated');
    at++;
    const next = checkedEnd(buf, type, at, last);
    if (next > last || next < at) throw new MalformedBson(`value of ${typeName(type)} leaves its document`);
    if (type === T.object || type === T.array) validateDocument(buf, at, next, depth + 1);
    at = next;
  }
}

function checkedEnd(buf: Buffer, type: number, at: number, last: number): number {
  switch (type) {
    case T.string:
    case T.code: {
      const length = at + 4 <= last ? buf.readInt32LE(at) : -1;
      if (length < 1 || at + 4 + length > last || buf[at + 3 + length] !== 0) {
        throw new MalformedBson('string length does not match its bytes');
      }
      return at + 4 + length;
    }
    case T.object:
    case T.array: {
      const length = at + 4 <= last ? buf.readInt32LE(at) : -1;
      if (length < 5) throw new MalformedBson('embedded document is too short');
      return at + length;
    }
    case T.binary: {
      const length = at + 5 <= last ? buf.readInt32LE(at) : -1;
      if (length < 0) throw new MalformedBson('negative binary length');
      return at + 5 + length;
    }
    case T.regex: {
      const pattern = buf.indexOf(0, at);
      const flags = pattern < 0 ? -1 : buf.indexOf(0, pattern + 1);
      if (flags < 0) throw new MalformedBson('regex is not terminated');
      return flags + 1;
    }
    case T.bool:
      if (buf[at]! > 1) throw new MalformedBson('bool is neither 0 nor 1');
      return at + 1;
    case T.int:
      return at + 4;
    case T.double:
    case T.date:
    case T.timestamp:
    case T.long:
      return at + 8;
    case T.objectId:
      return at + 12;
    case T.decimal:
      return at + 16;
    case T.null:
    case T.minKey:
    case T.maxKey:
      return at;
    case T.undefined:
    case T.dbPointer:
    case T.symbol:
    case T.codeWithScope:
      throw unsupported(`BSON type ${typeName(type)}`);
    default:
      throw new MalformedBson(`unknown BSON type ${type}`);
  }
}
