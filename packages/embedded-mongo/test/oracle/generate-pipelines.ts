import { Int32 } from 'mongodb';
import { doc, type Doc, type Value } from '../model/value.js';
import { ExpressionSource } from './generate-expressions.js';

const FIELDS = ['a', 'b', 'c', 'd', 'd.x', 't', 't.x', 'u', 'new'];
const ACCUMULATORS = ['$sum', '$avg', '$min', '$max', '$first', '$last', '$push', '$addToSet'];

/** Random pipelines whose result, with its order, is the only right one: the documents are put in order first. */
export class PipelineSource extends ExpressionSource {
  pipeline(match: Doc): Doc[] {
    const { random } = this;
    const order = new Map<string, Value>([
      ...(random.chance(0.4) ? [[random.pick(['a', 'b', 'u']), this.direction()] as const] : []),
      ['_id', this.direction()],
    ]);
    const stages = [stage('$match', random.chance(0.5) ? match : new Map()), stage('$sort', order)];
    for (let left = random.between(0, 3); left > 0; left -= 1) stages.push(...this.stages());
    return stages;
  }

  private stages(inFacet = false): Doc[] {
    const { random } = this;
    return random.weighted<Doc[]>([
      [3, () => [stage('$addFields', this.fields())]],
      [3, () => [stage('$project', this.projected())]],
      [3, () => [stage('$group', this.group())]],
      [2, () => [stage('$unwind', this.unwind())]],
      [1, () => [stage('$match', doc({ $expr: this.truth() }))]],
      [1, () => [stage('$match', this.filter())]],
      [1, () => [stage('$sort', doc({ [random.pick(['a', 'b', 'd.x', 'new'])]: this.direction() }))]],
      [1, () => [stage('$limit', new Int32(random.between(1, 8)))]],
      [
        0.5,
        () => [stage('$skip', new Int32(random.below(4))), stage('$limit', new Int32(random.between(1, 8)))],
      ],
      [0.7, () => [stage('$replaceWith', this.object())]],
      [0.5, () => [stage('$unset', random.pick(FIELDS))]],
      [0.5, () => [stage('$count', 'n')]],
      [1, () => [stage('$lookup', this.lookup())]],
      [
        inFacet ? 0 : 0.5,
        () => [stage('$facet', doc({ some: [stage('$limit', new Int32(2))], all: this.stages(true) }))],
      ],
    ]);
  }

  private direction(): Int32 {
    return new Int32(this.random.chance(0.5) ? 1 : -1);
  }

  private fields(): Doc {
    const paths = this.random.sample(['a', 'new', 'd.x', 't.y', 'b'], this.random.between(1, 2));
    return new Map(paths.map((path) => [path, this.expression()]));
  }

  private projected(): Doc {
    const { random } = this;
    const paths = random.sample(['a', 'b', 'd', 't.x', 'u', 'new.x'], random.between(1, 3));
    if (random.chance(0.3)) return new Map(paths.map((path) => [path, new Int32(0)]));
    const computed = (): Value => (random.chance(0.6) ? this.expression() : new Int32(1));
    const fields: Doc = new Map(paths.map((path) => [path, computed()]));
    if (random.chance(0.3)) fields.set('_id', new Int32(0));
    return [...fields.values()].every((value) => value instanceof Int32 && value.value === 0)
      ? fields.set('c', new Int32(0))
      : fields;
  }

  private group(): Doc {
    const { random } = this;
    const id = random.chance(0.2) ? null : random.chance(0.5) ? `$${random.pick(FIELDS)}` : this.expression();
    const outputs = Array.from({ length: random.between(1, 3) }, (_, i): [string, Value] => [
      `o${i}`,
      new Map([
        [random.pick(ACCUMULATORS), random.chance(0.5) ? `$${random.pick(FIELDS)}` : this.accumulated()],
      ]),
    ]);
    return new Map<string, Value>([['_id', id], ...outputs]);
  }

  /** An accumulator takes one expression, and no list of them. */
  private accumulated(): Value {
    const made = this.expression();
    return Array.isArray(made) ? doc({ list: made }) : made;
  }

  private unwind(): Doc {
    const { random } = this;
    const options = {
      ...(random.chance(0.5) ? { preserveNullAndEmptyArrays: random.chance(0.7) } : {}),
      ...(random.chance(0.3) ? { includeArrayIndex: 'at' } : {}),
    };
    return doc({ path: `$${random.pick(['t', 'a', 'd', 'o0'])}`, ...options });
  }

  private lookup(): Doc {
    const { random } = this;
    const pipeline = [
      stage('$sort', doc({ _id: 1 })),
      stage('$limit', new Int32(3)),
      stage('$project', doc({ a: 1, u: 1 })),
    ];
    const field = () => random.pick(['a', 'b', 'u', '_id', 't']);
    return doc({
      localField: field(),
      foreignField: random.pick(['a', 'b', 'u', 't.x']),
      pipeline,
      as: random.pick(['new', 'd.new']),
    });
  }
}

function stage(name: string, operand: Value): Doc {
  return new Map([[name, operand]]);
}
