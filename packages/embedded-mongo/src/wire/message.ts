import { MalformedBson, MAX_MESSAGE, validateDocument } from '../bson/validate.js';
import { int32, type Value } from '../bson/value.js';
import { T } from '../bson/types.js';
import { Request } from '../commands/request.js';

export const OP_REPLY = 1;
export const OP_QUERY = 2004;
export const OP_MSG = 2013;

export const HEADER = 16;
const MORE_TO_COME = 2;
const CHECKSUM = 1;
const KNOWN_FLAGS = MORE_TO_COME | CHECKSUM;

export interface Message {
  readonly requestId: number;
  readonly request: Request;
  /** The client does not want an answer. */
  readonly silent: boolean;
  /** The handshake of old: answered with OP_REPLY. */
  readonly legacy: boolean;
}

/** The length a message claims, checked against the limits. */
export function messageLength(buf: Buffer, at: number): number {
  const length = buf.readInt32LE(at);
  if (length < HEADER + 5 || length > MAX_MESSAGE) throw new MalformedBson(`message length ${length}`);
  return length;
}

/** Decodes the whole message in `buf`. Throws MalformedBson for everything that is not one. */
export function decodeMessage(buf: Buffer): Message {
  const requestId = buf.readInt32LE(4);
  switch (buf.readInt32LE(12)) {
    case OP_MSG:
      return decodeMsg(buf, requestId);
    case OP_QUERY:
      return decodeQuery(buf, requestId);
    default:
      throw new MalformedBson(`unsupported opcode ${buf.readInt32LE(12)}`);
  }
}

function decodeMsg(buf: Buffer, requestId: number): Message {
  const flags = buf.readUInt32LE(HEADER);
  if (flags & 0xffff & ~KNOWN_FLAGS) throw new MalformedBson('unknown required flag');
  const end = flags & CHECKSUM ? buf.length - 4 : buf.length;
  const sequences = new Map<string, Value[]>();
  let body: Value | undefined;
  let at = HEADER + 4;
  while (at < end) {
    const kind = buf[at++];
    const size = at + 4 <= end ? int32(buf, at) : -1;
    if (size < 5 || at + size > end) throw new MalformedBson('section leaves its message');
    if (kind === 0) {
      if (body) throw new MalformedBson('two bodies');
      body = documentAt(buf, at, at + size);
    } else if (kind === 1) {
      const zero = buf.indexOf(0, at + 4);
      if (zero < 0 || zero >= at + size) throw new MalformedBson('sequence name is not terminated');
      sequences.set(buf.toString('utf8', at + 4, zero), documentsIn(buf, zero + 1, at + size));
    } else throw new MalformedBson(`section kind ${kind}`);
    at += size;
  }
  if (!body) throw new MalformedBson('no body');
  return {
    requestId,
    request: new Request(body, sequences),
    silent: (flags & MORE_TO_COME) !== 0,
    legacy: false,
  };
}

function documentAt(buf: Buffer, start: number, end: number): Value {
  validateDocument(buf, start, end);
  return { buf, type: T.object, start, end };
}

function documentsIn(buf: Buffer, start: number, end: number): Value[] {
  const found: Value[] = [];
  for (let at = start; at < end;) {
    const size = at + 4 <= end ? int32(buf, at) : -1;
    if (size < 5 || at + size > end) throw new MalformedBson('document leaves its sequence');
    found.push(documentAt(buf, at, at + size));
    at += size;
  }
  return found;
}

/** OP_QUERY is answered for the handshake only. */
function decodeQuery(buf: Buffer, requestId: number): Message {
  const name = HEADER + 4;
  const zero = buf.indexOf(0, name);
  const start = zero + 9;
  const db = /^(.*)\.\$cmd$/s.exec(buf.toString('utf8', name, Math.max(zero, name)))?.[1];
  if (zero < 0 || start + 5 > buf.length || db === undefined) throw new MalformedBson('OP_QUERY');
  const size = int32(buf, start);
  if (size < 5 || start + size > buf.length) throw new MalformedBson('OP_QUERY document');
  const request = new Request(documentAt(buf, start, start + size), undefined, db);
  if (!['isMaster', 'ismaster', 'hello'].includes(request.name)) {
    throw new MalformedBson(`OP_QUERY is no longer supported for ${request.name}`);
  }
  return { requestId, request, silent: false, legacy: true };
}

let nextId = 1;

/** The reply message around a document. */
export function encodeReply(doc: Buffer, message: Pick<Message, 'requestId' | 'legacy'>): Buffer {
  const prefix = message.legacy ? 20 : 5;
  const buf = Buffer.allocUnsafe(HEADER + prefix + doc.length);
  buf.fill(0, HEADER, HEADER + prefix);
  buf.writeInt32LE(buf.length, 0);
  nextId = (nextId + 1) | 0;
  buf.writeInt32LE(nextId, 4);
  buf.writeInt32LE(message.requestId, 8);
  buf.writeInt32LE(message.legacy ? OP_REPLY : OP_MSG, 12);
  if (message.legacy) {
    buf.writeInt32LE(8, HEADER); // AwaitCapable
    buf.writeInt32LE(1, HEADER + 16);
  }
  doc.copy(buf, HEADER + prefix);
  return buf;
}
