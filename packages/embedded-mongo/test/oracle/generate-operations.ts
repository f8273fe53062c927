import { Int32 } from 'mongodb';
import type { IndexSpec } from '../model/collection.js';
import type { KeyPattern } from '../model/keys.js';
import { doc, type Doc } from '../model/value.js';
import type { Operation } from './operations.js';
import { ArrayUpdateSource } from './generate-array-updates.js';
import { PipelineSource } from './generate-pipelines.js';

const SORT_PATHS = ['a', 'b', 'c', 'u', 'd.x', 'd', 't', 't.x'] as const;

/** Indexes that come and go in the indexed collection; the first ones are there from the start. */
export const INDEX_POOL: readonly IndexSpec[] = [
  { name: 'a_1', pattern: [['a', 1]] },
  {
    name: 'a_1_b_-1',
    pattern: [
      ['a', 1],
      ['b', -1],
    ],
  },
  { name: 'u_unique', pattern: [['u', 1]], unique: true, partial: doc({ u: { $exists: true } }) },
  {
    name: 'b_1_c_1',
    pattern: [
      ['b', 1],
      ['c', 1],
    ],
  },
  { name: 't_1', pattern: [['t', 1]] },
  { name: 'c_-1', pattern: [['c', -1]] },
  { name: 'dx_1', pattern: [['d.x', 1]] },
  {
    name: 'tx_1_ty_1',
    pattern: [
      ['t.x', 1],
      ['t.y', 1],
    ],
  },
  {
    name: 'b_partial',
    pattern: [
      ['b', 1],
      ['u', 1],
    ],
    partial: doc({ c: { $gt: 0 } }),
  },
  {
    name: 'ua_unique',
    pattern: [
      ['u', 1],
      ['a', -1],
    ],
    unique: true,
    partial: doc({ b: { $gte: 0 }, c: { $exists: true } }),
  },
  { name: 'd_1', pattern: [['d', 1]] },
  {
    name: 'tx_1_c_1',
    pattern: [
      ['t.x', 1],
      ['c', 1],
    ],
  },
  { name: 'c_string', pattern: [['c', 1]], partial: doc({ c: { $type: 'string' } }) },
];
export const FIRST_INDEXES = 9;

/** Random operations. What is there steers them, so that the collection neither empties nor swells. */
export class OperationSource extends ArrayUpdateSource {
  private readonly pipelines = new PipelineSource(this.random);

  operation(present: readonly Doc[]): Operation {
    const { random } = this;
    this.present = present;
    const size = present.length;
    return random.weighted<Operation>([
      [size < 25 ? 12 : size > 60 ? 1 : 3, () => this.insert()],
      [size > 60 ? 6 : 1, () => this.delete(size)],
      [12, () => this.find()],
      [8, () => this.updateOperation()],
      [3, () => this.findAndModify()],
      [3, () => this.count()],
      [6, () => ({ kind: 'aggregate', pipeline: this.pipelines.pipeline(this.queryFilter()) })],
      [1, () => ({ kind: 'distinct', filter: this.queryFilter(), path: random.pick(SORT_PATHS) })],
      [0.6, () => ({ kind: 'createIndex', index: random.pick(INDEX_POOL) })],
      [0.4, () => ({ kind: 'dropIndex', name: random.pick(INDEX_POOL).name })],
    ]);
  }

  queryFilter(): Doc {
    const { random } = this;
    return random.weighted([
      [4, () => this.plainFilter()],
      [2, () => this.singleFilter()],
      [1.5, () => this.arrayFilter()],
      [6, () => this.filter()],
    ]);
  }

  private insert(): Operation {
    const documents = Array.from({ length: this.random.between(1, 5) }, () => this.document());
    return { kind: 'insert', documents, ordered: this.random.chance(0.5) };
  }

  private delete(size: number): Operation {
    return {
      kind: 'delete',
      filter: this.queryFilter(),
      limit: size > 60 && this.random.chance(0.3) ? 0 : 1,
    };
  }

  private find(): Operation {
    const { random } = this;
    const operation: Operation = {
      kind: 'find',
      filter: this.queryFilter(),
      skip: random.chance(0.2) ? random.below(5) : 0,
      limit: random.chance(0.3) ? random.between(1, 8) : 0,
    };
    if (random.chance(0.25)) operation.batchSize = random.between(0, 4);
    if (random.chance(0.6)) operation.sort = this.sort(random.chance(0.5));
    const [first] = operation.filter.keys();
    if (random.chance(0.2) && SORT_PATHS.some((path) => path === first)) {
      operation.sort = [[first as string, random.chance(0.5) ? 1 : -1]];
    }
    if (random.chance(0.3)) {
      operation.projection = this.projection();
      operation.sort = this.sort(true);
    }
    return operation;
  }

  /** `total`: ends with `_id`, so that the order leaves nothing open. */
  private sort(total: boolean): KeyPattern {
    const { random } = this;
    const direction = (): 1 | -1 => (random.chance(0.5) ? 1 : -1);
    const paths: string[] = random.sample(
      SORT_PATHS,
      random.weighted([
        [6, () => 1],
        [3, () => 2],
        [1, () => 3],
      ]),
    );
    if (random.chance(0.3))
      paths.splice(
        0,
        paths.length,
        ...random.pick([
          ['a', 'b'],
          ['b', 'c'],
          ['u', 'a'],
        ]),
      );
    if (total) paths.push('_id');
    return paths.map((path) => [path, direction()] as const);
  }

  private projection(): Doc {
    const { random } = this;
    const including = random.chance(0.6);
    const projection: Doc = new Map();
    const paths = random.sample(
      ['a', 'b', 'c', 'd', 'd.x', 'd.y', 'd.x.y', 't', 't.x', 'u'],
      random.between(0, 4),
    );
    for (const path of paths) {
      const wanted = random.chance(0.02) ? !including : including;
      projection.set(path, random.chance(0.2) ? wanted : new Int32(Number(wanted)));
    }
    if (random.chance(0.15)) {
      const count = random.between(-3, 3);
      const operand = random.chance(0.5) ? count : [count, random.between(1, 3)];
      projection.set(random.pick(['a', 't', 'd.y', 't.x']), doc({ $slice: operand }));
    }
    if (including && random.chance(0.15)) {
      const condition = random.chance(0.5) ? this.range() : doc({ x: this.scalar() });
      projection.set(random.pick(['t', 'a']), new Map([['$elemMatch', condition]]));
    }
    if (random.chance(0.3)) projection.set('_id', new Int32(random.chance(0.7) || !including ? 0 : 1));
    return projection;
  }

  private updateOperation(): Operation {
    const { random } = this;
    if (random.chance(0.3)) {
      return { kind: 'update', ...this.arrayUpdate(), multi: random.chance(0.4), upsert: random.chance(0.1) };
    }
    const upsert = random.chance(0.25);
    const update = this.anyUpdate();
    const multi = random.chance(0.3);
    return { kind: 'update', filter: this.writeFilter(upsert), update, multi, upsert };
  }

  private findAndModify(): Operation {
    const { random } = this;
    const upsert = random.chance(0.25);
    const common = {
      kind: 'findAndModify' as const,
      filter: this.writeFilter(upsert),
      sort: this.sort(true),
      ...(random.chance(0.3) ? { projection: this.projection() } : {}),
    };
    if (random.chance(0.2)) return { ...common, filter: this.queryFilter(), upsert: false, returnNew: false };
    if (random.chance(0.3)) {
      return { ...common, ...this.arrayUpdate(), upsert: false, returnNew: random.chance(0.5) };
    }
    const update = this.anyUpdate();
    return { ...common, update, upsert, returnNew: random.chance(0.5) };
  }

  private anyUpdate(): Doc | Doc[] {
    return this.random.weighted<Doc | Doc[]>([
      [7, () => this.update()],
      [1.5, () => this.replacement()],
      [1.5, () => this.pipelineUpdate()],
    ]);
  }

  private writeFilter(upsert: boolean): Doc {
    if (upsert) return this.upsertFilter();
    return this.random.chance(0.3) ? new Map([['_id', this.id()]]) : this.queryFilter();
  }

  private count(): Operation {
    const { random } = this;
    const aggregate = random.chance(0.5);
    const skip = random.chance(0.2) ? random.below(4) : 0;
    const limit = random.chance(0.2) ? random.between(1, 5) : 0;
    const filter = random.chance(0.5) ? this.singleFilter() : this.queryFilter();
    return { kind: 'count', filter, skip, limit, aggregate };
  }
}
