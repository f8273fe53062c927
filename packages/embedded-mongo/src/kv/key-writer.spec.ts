import {
  Binary,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  serialize,
  Timestamp,
} from 'bson';
import { compareValues } from '../bson/compare.js';
import { elements, type Value } from '../bson/value.js';
import { CommandError, ErrorCode } from '../errors.js';
import { KeyWriter, MAX_KEY, prefixEnd } from './key-writer.js';

function valueOf(value: unknown): Value {
  const doc = Buffer.from(serialize({ v: value }, { ignoreUndefined: false }));
  return elements(doc, 0).next().value!;
}

const LONGS = ['9007199254740992', '9007199254740993', '9007199254740994', '9223372036854775807'];
const DECIMALS =
  `0 1 1.0 1.5 0.1 0.1000000000000000055511151231257827 0.1000000000000000055511151231257828 1E-6176 4E-324 1E-320
  9007199254740993 9007199254740992.5 9223372036854775807 9223372036854775807.5 1.0E+300 1E+309 9E+6144 Infinity`.split(
    /\s+/,
  );
const SAMPLES: unknown[] = [
  new MinKey(),
  null,
  ...[NaN, -Infinity, Infinity, -1e300, -2.5, -0, 0, 5e-324, 1.5, 2 ** 53, 2 ** 53 + 2, 2 ** 63, 1e300].map(
    (n) => new Double(n),
  ),
  ...[-2147483648, -1, 0, 1, 255, 256, 2147483647].map((n) => new Int32(n)),
  ...LONGS.flatMap((text) => [Long.fromString(text), Long.fromString(`-${text}`)]),
  Long.MIN_VALUE,
  Long.fromNumber(1),
  ...DECIMALS.flatMap((text) => [Decimal128.fromString(text), Decimal128.fromString(`-${text}`)]),
  Decimal128.fromString('NaN'),
  ...['', 'a', 'ab', 'a\0', 'a\0b', 'a\u0001', 'b', 'ä', '日本', '\uffff', '😀'],
  {},
  { a: 1 },
  { a: 1, b: 2 },
  { b: 1 },
  { a: 'x' },
  { a: { b: [1] } },
  [],
  [1],
  [1, 2],
  ['a'],
  [[1]],
  new Binary(Buffer.from('a')),
  new Binary(Buffer.from('ab')),
  new Binary(Buffer.from('a'), 4),
  new ObjectId('000000000000000000000001'),
  new ObjectId('ff0000000000000000000000'),
  false,
  true,
  new Date(-1),
  new Date(0),
  new Date(1_700_000_000_000),
  new Timestamp({ t: 1, i: 2 }),
  new Timestamp({ t: 4_000_000_000, i: 1 }),
  /a/,
  /a/i,
  /b/,
  new MaxKey(),
];

const values = SAMPLES.map(valueOf);

function keyOf(fields: readonly [Value, boolean][], recordId?: number): Buffer {
  const writer = new KeyWriter().start(7);
  for (const [value, descending] of fields) writer.field(value, descending);
  if (recordId !== undefined) writer.recordId(recordId);
  return writer.key();
}

/** All ordered pairs of samples for which `holds` is false. */
function exceptions(holds: (a: Value, b: Value) => boolean): unknown[] {
  const found: unknown[] = [];
  values.forEach((a, i) =>
    values.forEach((b, j) => {
      if (!holds(a, b)) found.push([SAMPLES[i], SAMPLES[j]]);
    }),
  );
  return found;
}

describe('KeyWriter', () => {
  it.each([false, true])(
    'orders keys as the values (descending: %s), for all pairs of samples',
    (descending) => {
      const sign = descending ? -1 : 1;
      const wrong = exceptions((a, b) => {
        return (
          Math.sign(keyOf([[a, descending]]).compare(keyOf([[b, descending]]))) * sign === compareValues(a, b)
        );
      });
      expect(wrong).toEqual([]);
    },
  );

  it.each([false, true])('keeps that order whatever follows the field (descending: %s)', (descending) => {
    const [low, high] = [values[0]!, values.at(-1)!];
    const sign = descending ? -1 : 1;
    const wrong = exceptions((a, b) => {
      const order = compareValues(a, b);
      if (order === 0) return true;
      const left = keyOf(
        [
          [a, descending],
          [high, false],
        ],
        2 ** 47,
      );
      const right = keyOf(
        [
          [b, descending],
          [low, false],
        ],
        0,
      );
      return Math.sign(left.compare(right)) * sign === order;
    });
    expect(wrong).toEqual([]);
  });

  it('gives one key to equal numbers of all types', () => {
    const all = [new Int32(1), new Double(1), Long.fromNumber(1), Decimal128.fromString('1.00')];
    const ones = all.map((value) => keyOf([[valueOf(value), false]]));
    for (const one of ones) expect(one).toEqual(ones[0]);
    expect(keyOf([[valueOf(new Double(-0)), false]])).toEqual(keyOf([[valueOf(new Int32(0)), false]]));
  });

  it('holds all keys with a value between its key and the end of its prefix', () => {
    const wrong = exceptions((a, b) => {
      const start = keyOf([[a, false]]);
      const key = keyOf([[b, false]], 123);
      const inside = key.compare(start) >= 0 && key.compare(prefixEnd(start)) < 0;
      return inside === (compareValues(a, b) === 0);
    });
    expect(wrong).toEqual([]);
  });

  it('refuses a key that LMDB could not hold', () => {
    const fits = new KeyWriter().start(1).field(valueOf('x'.repeat(MAX_KEY - 7)), false);
    expect(fits.key()).toHaveLength(MAX_KEY);
    const tooLong = () => new KeyWriter().start(1).field(valueOf('x'.repeat(MAX_KEY - 6)), false);
    expect(tooLong).toThrow(CommandError);
    expect(tooLong).toThrow(expect.objectContaining({ code: ErrorCode.KeyTooLong }));
  });
});
