import { Decimal128, Double, Int32, Long } from 'mongodb';
import { doc, type Doc, type Value } from '../model/value.js';
import { FilterSource } from './generate-filters.js';

/** Random updates: every operator, now and then in conflict or against a value of the wrong type. */
export class UpdateSource extends FilterSource {
  update(): Doc {
    const { random } = this;
    const update: Doc = new Map();
    for (
      let operators = random.weighted([
        [6, () => 1],
        [3, () => 2],
        [1, () => 3],
      ]);
      operators > 0;
      operators -= 1
    ) {
      const [operator, make] = random.pick(this.operatorMakers());
      const fields: Doc = new Map();
      for (
        let count = random.weighted([
          [6, () => 1],
          [3, () => 2],
          [1, () => 3],
        ]);
        count > 0;
        count -= 1
      ) {
        const path = this.updatePath(operator);
        fields.set(path, make(path));
      }
      update.set(operator, fields);
    }
    return update;
  }

  replacement(): Doc {
    const replacement = this.document();
    if (this.random.chance(0.9)) replacement.delete('_id');
    return replacement;
  }

  /** What a pipeline adds to an update lies in how its result is stored; expressions have a check of their own. */
  pipelineUpdate(): Doc[] {
    const { random } = this;
    const given = (): Value =>
      random.chance(0.5)
        ? random.pick(['$a', '$d', '$d.x', '$t', '$_id', '$none'])
        : new Map([['$literal', this.scalar()]]);
    const set = (...paths: string[]): Doc => new Map([[random.pick(paths), given()]]);
    const stages: (readonly [number, () => Doc])[] = [
      [6, () => new Map([['$addFields', set('a', 'b', 'd.y', 'e', 'u')]])],
      [1, () => new Map([['$unset', random.pick(['a', 'd.x', 't', '_id'])]])],
      [1, () => doc({ $project: { a: 1, t: 1, b: '$u' } })],
      [1, () => doc({ $replaceWith: { $mergeObjects: ['$$ROOT', set('a', 'e', 'u')] } })],
      [0.3, () => new Map([['$addFields', new Map([['_id', this.id()]])]])],
    ];
    return Array.from({ length: random.between(1, 2) }, () => random.weighted(stages));
  }

  private updatePath(operator: string): string {
    const path = this.random.chance(0.02) ? '_id' : this.path();
    if ((operator === '$push' || operator === '$addToSet') && (path === 'b' || path === 'c')) return 't';
    return path;
  }

  protected operatorMakers(): (readonly [string, (path: string) => Value])[] {
    const { random } = this;
    return [
      ['$set', (path) => this.fieldValue(path)],
      ['$set', (path) => (path.length > 1 ? this.value() : this.fieldValue(path))],
      ['$unset', () => ''],
      ['$setOnInsert', (path) => this.fieldValue(path)],
      ['$inc', () => this.step()],
      [
        '$mul',
        () =>
          random.pick<Value>([new Int32(0), new Int32(2), new Int32(-1), new Double(0.5), new Double(-1)]),
      ],
      ['$min', () => this.scalar()],
      ['$max', () => this.scalar()],
      ['$bit', () => this.mask()],
      ['$push', (path) => (random.chance(0.4) ? this.scalar() : this.pushed(path))],
      ['$push', () => this.pushed('t')],
      ['$pop', () => new Int32(random.chance(0.95) ? random.pick([1, -1]) : 2)],
      ['$pullAll', () => (random.chance(0.95) ? this.items('t') : this.scalar())],
      ['$addToSet', (path) => (random.chance(0.5) ? this.value() : new Map([['$each', this.items(path)]]))],
      ['$pull', () => this.pulled()],
      ['$rename', () => (random.chance(0.05) ? new Int32(1) : random.pick(['a', 'd.x', 'd.z', 'e', 't.x']))],
    ];
  }

  protected step(): Value {
    return this.random.weighted<Value>([
      [6, () => new Int32(this.random.between(-2, 3))],
      [1, () => new Double(this.random.pick([0.5, -0.5, 1, -0]))],
      [1, () => Long.fromNumber(this.random.between(-2, 3))],
      [1, () => Decimal128.fromString(this.random.pick(['1', '0.25', '-1.50', '1E-20', '1E+40']))],
      [0.3, () => 'no number'],
    ]);
  }

  private pulled(): Value {
    const { random } = this;
    return random.weighted<Value>([
      [4, () => this.scalar()],
      [1, () => this.value()],
      [1, () => doc({ $gte: random.between(-1, 3) })],
      [1, () => new Map([['$in', this.items('t')]])],
      [1, () => new Map([['x', this.scalar()]])],
      [0.3, () => doc({ $or: [{ x: this.scalar() }, { y: { $gt: 1 } }] })],
    ]);
  }

  private pushed(path: string): Doc {
    const { random } = this;
    const clauses: [string, Value][] = [['$each', random.chance(0.5) ? this.array() : this.items(path)]];
    if (random.chance(0.4)) clauses.push(['$position', new Int32(random.between(-3, 4))]);
    if (random.chance(0.4)) clauses.push(['$slice', new Int32(random.between(-4, 4))]);
    if (random.chance(0.5)) {
      const sort = random.pick<Value>([new Int32(1), new Int32(-1), doc({ x: 1 }), doc({ y: -1, x: 1 })]);
      clauses.push(['$sort', sort]);
    }
    return new Map(random.sample(clauses, clauses.length));
  }

  private mask(): Doc {
    const { random } = this;
    const names = random.sample(['and', 'or', 'xor'], random.between(1, 2));
    const mask = (): Value => {
      const bits = random.between(-9, 255);
      return random.chance(0.2) ? Long.fromNumber(bits) : new Int32(bits);
    };
    return new Map(names.map((name) => [name, mask()]));
  }

  private items(path: string): Value[] {
    return Array.from({ length: this.random.below(4) }, () =>
      this.random.chance(0.7) ? this.scalar() : this.fieldValue(path),
    );
  }
}
