import { Binary, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId } from 'mongodb';
import type { Random } from '../support/random.js';
import { literal, type Doc, type Value } from '../model/value.js';

/** Fields that documents, filters, sorts, updates and indexes share; few, so that they meet. */
export const FIELDS = ['a', 'b', 'c', 'd', 'u', 't'] as const;
export const PATHS = [
  'a',
  'b',
  'c',
  'd',
  'u',
  't',
  'd.x',
  'd.y',
  'd.x.y',
  't.x',
  't.y',
  't.0',
  'a.x',
  't.1.x',
] as const;
const STRINGS = ['', 'a', 'ab', 'abc', 'b', 'B', 'zürich', '日本', 'a\u0000b', '\uffff', '😀'];

const DECIMALS =
  '0 -0 1 1.00 2.5 -2.5 3 0.1 0.5 1E-10 1E-400 9007199254740991.5 1E+300 1E+400 NaN Infinity -Infinity'.split(
    ' ',
  );

/** Makes values, documents and paths; small ranges so that equal values are common. */
export class ValueSource {
  constructor(readonly random: Random) {}

  number(): Value {
    const { random } = this;
    return random.weighted<Value>([
      [8, () => new Int32(random.between(-3, 6))],
      [3, () => new Double(random.pick([-2.5, -1, -0, 0, 0.5, 1, 1.5, 2, 3]))],
      [3, () => Long.fromNumber(random.between(-3, 6))],
      [
        1,
        () =>
          new Double(random.pick([NaN, NaN, NaN, Infinity, -Infinity, 1e300, -1e-300, 2 ** 53, -(2 ** 31)])),
      ],
      [1, () => Long.fromNumber(random.pick([2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 40 + 1, 2 ** 31]))],
      [1.5, () => Decimal128.fromString(random.pick(DECIMALS))],
      [1, () => new Int32(random.pick([2147483647, -2147483648, 65536, -257]))],
    ]);
  }

  scalar(): Value {
    const { random } = this;
    return random.weighted<Value>([
      [10, () => this.number()],
      [4, () => random.pick(STRINGS)],
      [2, () => null],
      [2, () => random.chance(0.5)],
      [0.7, () => new Binary(Buffer.from([random.below(4), 0]).subarray(0, random.between(1, 2)))],
      [1, () => new Date(random.pick([0, -1, 1, 1700000000000]))],
      [
        1,
        () =>
          new ObjectId(
            random.pick(['000000000000000000000000', '64b000000000000000000001', 'ffffffffffffffffffffffff']),
          ),
      ],
      [0.2, () => (random.chance(0.5) ? new MinKey() : new MaxKey())],
    ]);
  }

  nested(depth = 0): Doc {
    const { random } = this;
    const fields = random.sample(['x', 'y', 'z'], random.below(4));
    return new Map(fields.map((name) => [name, depth > 1 ? this.scalar() : this.value(depth + 1)]));
  }

  /** Often of small numbers, or of documents of them, so that one element meets a bound and another one the other. */
  array(depth = 0): Value[] {
    const { random } = this;
    const small = (): Value => new Int32(random.between(-1, 4));
    const make = random.weighted<() => Value>([
      [3, () => small],
      [
        2,
        () => () =>
          new Map([
            ['x', small()],
            ['y', small()],
          ]),
      ],
      [5, () => () => (depth > 1 ? this.scalar() : this.value(depth + 1))],
    ]);
    return Array.from({ length: random.below(4) }, make);
  }

  value(depth = 0): Value {
    return this.random.weighted<Value>([
      [8, () => this.scalar()],
      [1.2, () => this.nested(depth)],
      [1.2, () => this.array(depth)],
    ]);
  }

  /** An `_id`; small numbers mostly, so that inserts collide now and then. */
  id(): Value {
    const { random } = this;
    return random.weighted<Value>([
      [10, () => new Int32(random.between(0, 120))],
      [1, () => new Double(random.between(0, 120))],
      [1, () => Long.fromNumber(random.between(0, 120))],
      [1, () => `id${random.between(0, 20)}`],
      [1, () => new ObjectId(`64b0000000000000000000${random.between(10, 40)}`)],
      [0.5, () => literal({ x: random.between(0, 5), y: 'k' })],
      [0.2, () => null],
    ]);
  }

  document(): Doc {
    const { random } = this;
    const document: Doc = new Map([['_id', this.id()]]);
    for (const name of random.sample(FIELDS, random.between(0, FIELDS.length))) {
      document.set(name, this.fieldValue(name));
    }
    return document;
  }

  /**
   * Values fit the field's habit: `u` spreads widely (unique indexes), `d` holds documents, `t` arrays; `b` and `c`
   * never hold arrays, because one array makes an index multikey for ever and narrows what a planner may do with it.
   */
  fieldValue(path: string): Value {
    const { random } = this;
    if (path === 'b' || path === 'c') return this.scalar();
    if (path === 'u') return random.chance(0.9) ? new Int32(random.between(0, 400)) : this.scalar();
    if (path === 'd') return random.chance(0.8) ? this.nested() : this.value();
    if (path === 't') return random.chance(0.8) ? this.array() : this.value();
    return random.chance(0.93) ? this.scalar() : this.value();
  }

  path(): string {
    return this.random.pick(PATHS);
  }
}
