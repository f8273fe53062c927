import { Binary, Code, Decimal128, Double, Long, ObjectId, serialize, Timestamp } from 'bson';
import { CommandError } from '../errors.js';
import { typeOfAlias } from './types.js';
import { MalformedBson, validateDocument } from './validate.js';
import { elementsOf, fieldName, findField, objectValue, readNumber, readString } from './value.js';

const DOC = Buffer.from(
  serialize({
    _id: new ObjectId(),
    text: 'grüße',
    n: { deep: { er: [1, 2.5, Long.fromNumber(3), { a: null }] } },
    bin: new Binary(Buffer.from([1, 2, 3])),
    when: new Date(),
    re: /a.b/im,
    ts: new Timestamp({ t: 1, i: 2 }),
    dec: Decimal128.fromString('1.5'),
    code: new Code('return 1'),
    yes: true,
    zero: new Double(0),
  }),
);

describe('validateDocument', () => {
  it('accepts a document of all types', () => {
    expect(() => validateDocument(DOC, 0, DOC.length)).not.toThrow();
  });

  it('refuses every truncation', () => {
    for (let end = 0; end < DOC.length; end++) {
      expect(() => validateDocument(DOC, 0, end)).toThrow(MalformedBson);
    }
  });

  it('never lets a reader leave the bytes, whatever one byte is changed to', () => {
    for (let at = 0; at < DOC.length; at++) {
      for (const byte of [0, 1, 4, 0x7f, 0x80, 0xff]) {
        const changed = Buffer.from(DOC);
        changed[at] = byte;
        try {
          validateDocument(changed, 0, changed.length);
        } catch (error) {
          expect(error instanceof MalformedBson || error instanceof CommandError).toBe(true);
          continue;
        }
        const fields = elementsOf(objectValue(changed));
        expect(fields.at(-1)?.end ?? 4).toBe(changed.length - 1);
      }
    }
  });

  it('refuses a string without its terminator', () => {
    const doc = Buffer.from(serialize({ text: 'abc' }));
    doc[doc.length - 2] = 1;
    expect(() => validateDocument(doc, 0, doc.length)).toThrow(MalformedBson);
  });

  it('refuses nesting beyond the limit with an answer, not by closing', () => {
    let nested: object = {};
    for (let i = 0; i < 150; i++) nested = { a: nested };
    const doc = Buffer.from(serialize(nested));
    expect(() => validateDocument(doc, 0, doc.length)).toThrow(CommandError);
  });
});

describe('reading fields', () => {
  it('finds fields by their whole name', () => {
    const doc = Buffer.from(serialize({ ab: 1, a: 2, abc: 3, '': 4, ä: 'x' }));
    expect(readNumber(findField(doc, 0, fieldName('a'))!)).toBe(2);
    expect(readNumber(findField(doc, 0, fieldName('abc'))!)).toBe(3);
    expect(readNumber(findField(doc, 0, fieldName(''))!)).toBe(4);
    expect(readString(findField(doc, 0, fieldName('ä'))!)).toBe('x');
    expect(findField(doc, 0, fieldName('abcd'))).toBeUndefined();
  });

  it('knows the aliases of types', () => {
    expect(typeOfAlias('objectId')).toBe(7);
    expect(typeOfAlias('missing')).toBeUndefined();
  });
});
