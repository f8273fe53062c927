import { Binary, BSONRegExp, Double, Int32 } from 'mongodb';
import { doc, isDoc, literal, type Doc, type Value } from '../model/value.js';
import { ValueSource } from './generate-values.js';

const TYPES = [
  'double',
  'string',
  'object',
  'array',
  'objectId',
  'bool',
  'date',
  'null',
  'int',
  'long',
  'number',
];
const PATTERNS = ['^a', 'b$', '^ab', 'a.?b', '[A-C]', 'z|b', ''];

/** Random filters over the shared fields, with every operator the store answers. */
export class FilterSource extends ValueSource {
  /** The documents there are; half of the values filters ask for are taken from them, so that filters match. */
  protected present: readonly Doc[] = [];

  filter(depth = 0): Doc {
    const { random } = this;
    const filter: Doc = new Map();
    for (
      let parts = random.weighted([
        [1, () => 0],
        [8, () => 1],
        [4, () => 2],
        [1, () => 3],
      ]);
      parts > 0;
      parts -= 1
    ) {
      random.weighted([
        [10, () => void this.condition(filter)],
        [1.5, () => void filter.set('_id', this.idCondition())],
        [
          depth > 1 ? 0 : 1.5,
          () => void filter.set(random.pick(['$and', '$or', '$or', '$nor']), this.branches(depth)),
        ],
      ]);
    }
    return filter;
  }

  /** A filter of the shapes applications use most: equalities and one range, so that indexes serve it. */
  plainFilter(): Doc {
    const { random } = this;
    const filter: Doc = new Map();
    const model = this.present.length > 0 && random.chance(0.6) ? random.pick(this.present) : undefined;
    for (const name of random.sample(['a', 'b', 'c', 'u', 'd.x'], random.between(1, 3))) {
      const value = (model && this.presentValue(model, name)) ?? this.scalar();
      const range = (): Doc => (random.chance(0.5) ? new Map([['$gte', value]]) : this.range());
      const among = (): Doc => new Map([['$in', [value, this.scalar(), ...this.list(name)]]]);
      filter.set(name, random.chance(0.6) ? value : random.chance(0.4) ? among() : range());
    }
    return filter;
  }

  /** One condition on one field: what an index may answer without looking at the documents. */
  singleFilter(): Doc {
    const path = this.random.pick(['a', 'b', 'c', 'u', 'd.x', 'd', 't', 't.x', '_id']);
    return new Map([[path, this.random.chance(0.5) ? this.range() : this.operators(path)]]);
  }

  /** Conditions that different elements of one array may meet: what an index with several keys a document gets wrong. */
  arrayFilter(): Doc {
    const { random } = this;
    if (random.chance(0.5)) return new Map([[random.pick(['t', 't', 't.x', 'a']), this.narrowRange()]]);
    const rich = this.present.filter((document) => this.presentValue(document, 't.x') !== undefined);
    const model = rich.length > 0 ? random.pick(rich) : undefined;
    const value = (path: string): Value =>
      (model && this.presentValue(model, path)) ?? new Int32(random.between(-1, 4));
    return new Map(['t.x', 't.y'].map((path) => [path, value(path)]));
  }

  /** A filter an upsert can make a document from without doubt: equalities and conditions that set nothing. */
  upsertFilter(): Doc {
    const { random } = this;
    const filter: Doc = random.chance(0.4) ? new Map([['_id', this.id()]]) : new Map();
    for (const name of random.sample(['a', 'b', 'u', 'd.x', 'd.y', 'd'], random.between(0, 3))) {
      filter.set(
        name,
        random.weighted<Value>([
          [4, () => this.scalar()],
          [1, () => new Map([['$eq', this.scalar()]])],
          [1, () => this.range()],
          [0.5, () => doc({ $exists: false })],
        ]),
      );
    }
    return filter;
  }

  private condition(filter: Doc): void {
    const path = this.path();
    filter.set(path, this.random.chance(0.35) ? this.operand(path) : this.operators(path));
  }

  /** A value to be equal to. A document that starts with an operator is never made. */
  private operand(path: string): Value {
    const found =
      this.random.chance(0.4) &&
      this.present.length > 0 &&
      this.presentValue(this.random.pick(this.present), path);
    if (found !== false && found !== undefined) return found;
    return this.random.chance(0.8) ? this.scalar() : this.fieldValue(path);
  }

  protected range(): Doc {
    const { random } = this;
    if (random.chance(0.3)) return this.narrowRange();
    const range: Doc = new Map();
    if (random.chance(0.7)) range.set(random.pick(['$gt', '$gte']), this.scalar());
    if (range.size === 0 || random.chance(0.6)) range.set(random.pick(['$lt', '$lte']), this.scalar());
    return range;
  }

  /** Bounds close together, which the elements of an array can lie on both sides of; or two bounds of one side. */
  private narrowRange(): Doc {
    const { random } = this;
    const low = random.between(-1, 3);
    const other = random.between(-1, 3);
    return random.weighted<Doc>([
      [
        3,
        () =>
          doc({
            [random.pick(['$gt', '$gte'])]: low,
            [random.pick(['$lt', '$lte'])]: low + random.between(0, 2),
          }),
      ],
      [1, () => doc({ [random.pick(['$lt', '$lte'])]: low })],
      [1, () => (random.chance(0.5) ? doc({ $gte: low, $gt: other }) : doc({ $lte: low, $lt: other }))],
    ]);
  }

  private operators(path: string, depth = 0): Doc {
    const { random } = this;
    return random.weighted<Doc>([
      [5, () => this.range()],
      [1, () => new Map([['$eq', this.operand(path)]])],
      [2, () => new Map([['$ne', this.operand(path)]])],
      [3, () => new Map([['$in', this.list(path)]])],
      [1, () => new Map([['$nin', this.list(path)]])],
      [2, () => doc({ $exists: random.chance(0.5) })],
      [1.5, () => new Map([['$type', this.typeOperand()]])],
      [1, () => new Map([['$size', new Int32(random.below(4))]])],
      [1, () => new Map([['$all', this.list(path)]])],
      [1, () => this.regex()],
      [1, () => this.remainder()],
      [1, () => this.bits()],
      [
        1,
        () =>
          new Map([
            ['$not', random.chance(0.2) ? new BSONRegExp(random.pick(PATTERNS)) : this.operators(path, 1)],
          ]),
      ],
      [depth > 0 ? 0 : 1.5, () => new Map([['$elemMatch', this.elemMatch(path)]])],
    ]);
  }

  private typeOperand(): Value {
    const { random } = this;
    return random.chance(0.7) ? random.pick(TYPES) : random.sample(TYPES, random.between(1, 3));
  }

  private regex(): Doc {
    const { random } = this;
    const pattern = random.pick(PATTERNS);
    if (random.chance(0.3)) return new Map<string, Value>([['$regex', new BSONRegExp(pattern, 'i')]]);
    return random.chance(0.5) ? doc({ $regex: pattern, $options: 'i' }) : doc({ $regex: pattern });
  }

  private remainder(): Doc {
    const { random } = this;
    const number = (value: number): Value => random.pick<Value>([new Int32(value), new Double(value + 0.5)]);
    return new Map([['$mod', [number(random.pick([2, 3, 5, -3])), number(random.between(-2, 2))]]]);
  }

  private bits(): Doc {
    const { random } = this;
    const operator = random.pick(['$bitsAllSet', '$bitsAnySet', '$bitsAllClear', '$bitsAnyClear']);
    const positions = random.sample([0, 1, 2, 3, 40, 63, 64, 90], random.below(3));
    const mask = random.pick<Value>([
      new Int32(random.below(8)),
      new Double(random.below(8)),
      new Binary(Buffer.from([random.below(4), random.below(2)])),
    ]);
    return new Map([[operator, random.chance(0.5) ? mask : positions.map((at) => new Int32(at))]]);
  }

  private elemMatch(path: string): Doc {
    if (this.random.chance(0.6)) {
      return this.random.chance(0.5) ? this.range() : new Map([['$in', this.list(path)]]);
    }
    return new Map([[this.random.pick(['x', 'y']), this.random.chance(0.5) ? this.scalar() : this.range()]]);
  }

  private list(path: string): Value[] {
    return Array.from({ length: this.random.between(0, 4) }, () => this.operand(path));
  }

  private idCondition(): Value {
    const { random } = this;
    return random.weighted<Value>([
      [4, () => this.id()],
      [1, () => new Map([['$in', [this.id(), this.id(), this.id()]]])],
      [1, () => literal({ $gte: random.between(0, 100) })],
    ]);
  }

  private branches(depth: number): Doc[] {
    return Array.from({ length: this.random.between(1, 3) }, () =>
      this.random.chance(0.5) ? this.plainFilter() : this.filter(depth + 1),
    );
  }

  /** A value at a path of a document that is there; of an array, that of any element. */
  private presentValue(document: Doc, path: string): Value | undefined {
    return path.split('.').reduce<Value | undefined>((value, part) => {
      const here = Array.isArray(value) && value.length > 0 ? this.random.pick(value) : value;
      return isDoc(here) ? here.get(part) : undefined;
    }, document);
  }
}
