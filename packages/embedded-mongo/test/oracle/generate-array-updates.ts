import { Int32 } from 'mongodb';
import { doc, type Doc, type Value } from '../model/value.js';
import { UpdateSource } from './generate-updates.js';

/** An update with the filter that it depends on. */
interface ArrayUpdate {
  filter: Doc;
  update: Doc;
  arrayFilters?: Doc[];
}

const POSITIONAL = ['t.$', 't.$.x', 't.$.y.z', 'd.x.$', 'd.y.$.x', 'a.$', 'u.$'] as const;
const ALL = ['t.$[]', 't.$[].x', 't.$[].x.$[]', 'd.x.$[]', 'd.y.$[].y'] as const;
const CHOSEN = ['t.$[i]', 't.$[i].x', 't.$[j].y', 't.$[i].x.$[j]', 't.$[].x.$[j]', 'd.x.$[i]'] as const;

/** Random updates of array elements: by the position the filter matched, of all, and of those that filters choose. */
export class ArrayUpdateSource extends UpdateSource {
  arrayUpdate(): ArrayUpdate {
    const { random } = this;
    const paths = random.weighted<readonly string[]>([
      [4, () => POSITIONAL],
      [2, () => ALL],
      [4, () => CHOSEN],
      [1, () => [...POSITIONAL, ...ALL, ...CHOSEN, 't.0', 't.1.x']],
    ]);
    const update = this.updateOf(random.sample(paths, random.chance(0.7) ? 1 : 2));
    const filter = this.elementCondition();
    const identifiers = ['i', 'j'].filter((name) => JSON.stringify([...update].map(([, fields]) => [...(fields as Doc).keys()])).includes(`[${name}]`)); // prettier-ignore
    if (random.chance(0.02)) identifiers.pop();
    if (random.chance(0.02)) identifiers.push('k');
    if (identifiers.length === 0) return { filter, update };
    return { filter, update, arrayFilters: identifiers.map((name) => this.chooses(name)) };
  }

  private updateOf(paths: readonly string[]): Doc {
    const { random } = this;
    const update: Doc = new Map();
    for (const path of paths) {
      const [operator, make] = random.weighted<readonly [string, (path: string) => Value]>([
        [3, () => ['$set', () => this.scalar()]],
        [1, () => ['$set', () => this.value()]],
        [2, () => ['$inc', () => this.step()]],
        [4, () => random.pick(this.operatorMakers().filter(([name]) => name !== '$rename'))],
      ]);
      const fields = (update.get(operator) ?? new Map()) as Doc;
      update.set(operator, fields.set(path, make(path)));
    }
    return update;
  }

  /** A filter of which at least one condition is met by an element, where there is an array. */
  private elementCondition(): Doc {
    const { random } = this;
    const filter = random.weighted<Doc>([
      [3, () => new Map([['t', random.chance(0.5) ? this.small() : this.range()]])],
      [2, () => new Map([[random.pick(['t.x', 't.y', 'd.x', 'd.y.x', 't.1.x', 't.0']), this.small()]])],
      [2, () => new Map([['t', new Map([['$elemMatch', this.range()]])]])],
      [2, () => new Map([['t', new Map([['$elemMatch', new Map([['x', this.range()]])]])]])],
      [1, () => doc({ t: { $exists: true } })],
      [1, () => new Map([['t', doc({ $in: [this.small(), this.small(), null] })]])],
    ]);
    if (random.chance(0.3)) filter.set('a', random.chance(0.5) ? this.scalar() : doc({ $exists: true }));
    if (random.chance(0.4)) filter.set('$and', [new Map([['t.x', this.range()]])]);
    return filter;
  }

  private small(): Value {
    return new Int32(this.random.between(-1, 4));
  }

  private chooses(name: string): Doc {
    const { random } = this;
    return random.weighted<Doc>([
      [3, () => new Map([[name, this.range()]])],
      [1, () => new Map([[name, this.scalar()]])],
      [3, () => new Map([[`${name}.x`, random.chance(0.5) ? this.small() : this.range()]])],
      [1, () => doc({ [`${name}.x`]: { $exists: true }, [`${name}.y`]: { $lt: 3 } })],
      [1, () => doc({ $or: [{ [name]: { $type: 'string' } }, { [`${name}.y`]: { $gte: 0 } }] })],
    ]);
  }
}
