import { serialize } from 'bson';
import { MalformedBson } from '../bson/validate.js';
import { readNumber } from '../bson/value.js';
import { decodeMessage, encodeReply, HEADER, messageLength, OP_MSG, OP_QUERY } from './message.js';

function message(opCode: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(HEADER);
  header.writeInt32LE(HEADER + body.length, 0);
  header.writeInt32LE(77, 4);
  header.writeInt32LE(opCode, 12);
  return Buffer.concat([header, body]);
}

const flags = (bits: number) => Buffer.from([bits, 0, 0, 0]);
const body = (doc: object) => Buffer.concat([Buffer.from([0]), serialize(doc)]);

function sequence(name: string, docs: object[]): Buffer {
  const content = Buffer.concat([Buffer.from(`${name}\0`), ...docs.map((doc) => serialize(doc))]);
  const size = Buffer.alloc(4);
  size.writeInt32LE(4 + content.length);
  return Buffer.concat([Buffer.from([1]), size, content]);
}

describe('decodeMessage', () => {
  it('reads a body with a document sequence', () => {
    const bytes = message(
      OP_MSG,
      flags(0),
      body({ insert: 'm', $db: 'd' }),
      sequence('documents', [{ a: 1 }, { a: 2 }]),
    );
    const { request, requestId, silent } = decodeMessage(bytes);
    expect([request.name, request.db, requestId, silent]).toEqual(['insert', 'd', 77, false]);
    expect(request.list('documents')).toHaveLength(2);
  });

  it('knows a message that wants no answer', () => {
    expect(decodeMessage(message(OP_MSG, flags(2), body({ ping: 1, $db: 'd' }))).silent).toBe(true);
  });

  it('skips the checksum', () => {
    const bytes = message(OP_MSG, flags(1), body({ ping: 1, $db: 'd' }), Buffer.from([1, 2, 3, 4]));
    expect(readNumber(decodeMessage(bytes).request.get('ping')!)).toBe(1);
  });

  it.each<[string, Buffer]>([
    ['an unknown opcode', message(2012, flags(0), body({ ping: 1 }))],
    ['an unknown required flag', message(OP_MSG, flags(4), body({ ping: 1 }))],
    ['no body', message(OP_MSG, flags(0), sequence('documents', [{}]))],
    ['two bodies', message(OP_MSG, flags(0), body({ ping: 1 }), body({ ping: 1 }))],
    ['an unknown section', message(OP_MSG, flags(0), Buffer.from([9]), Buffer.from(serialize({})))],
    ['a section that leaves the message', message(OP_MSG, flags(0), Buffer.from([0, 0xff, 0, 0, 0, 0]))],
    ['an unterminated OP_QUERY name', message(OP_QUERY, flags(0), Buffer.alloc(40, 65))],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeMessage(bytes)).toThrow(MalformedBson);
  });

  it('refuses lengths out of bounds', () => {
    for (const length of [-1, 0, 15, 48_000_001]) {
      const header = Buffer.alloc(HEADER);
      header.writeInt32LE(length);
      expect(() => messageLength(header, 0)).toThrow(MalformedBson);
    }
  });
});

describe('encodeReply', () => {
  it('answers the request it belongs to', () => {
    const doc = Buffer.from(serialize({ ok: 1 }));
    const reply = encodeReply(doc, { requestId: 77, legacy: false });
    expect(reply.readInt32LE(0)).toBe(reply.length);
    expect(reply.readInt32LE(8)).toBe(77);
    expect(reply.subarray(HEADER + 5)).toEqual(doc);
  });
});
