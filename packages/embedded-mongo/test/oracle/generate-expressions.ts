import { Int32, Long } from 'mongodb';
import { doc, literal, type Doc, type Value } from '../model/value.js';
import { FilterSource } from './generate-filters.js';

const NAMES = ['a', 'b', 'c', 'u', 'd', 'd.x', 'd.y', 't', 't.x', 'none'];

/** Makes expressions of a wanted type over the shared fields; mostly such that they have a value, sometimes not. */
export class ExpressionSource extends FilterSource {
  /** Variables that are bound where the expression stands. */
  private bound: string[] = [];
  private depth = 0;

  expression(): Value {
    return this.deeper(() =>
      this.random.weighted<Value>([
        [3, () => this.reference()],
        [2, () => this.numeric()],
        [1.5, () => this.string()],
        [1.5, () => this.items()],
        [1.5, () => this.truth()],
        [1, () => this.object()],
        [1, () => this.choice()],
        [1, () => call('$ifNull', [this.reference(), this.reference(), this.leaf()])],
        [1, () => call(this.random.pick(['$first', '$last', '$min', '$max']), [this.items()])],
        [0.5, () => call('$arrayElemAt', [this.items(), new Int32(this.random.between(-2, 2))])],
        [0.5, () => this.binding()],
      ]),
    );
  }

  truth(): Value {
    const { random } = this;
    return this.deeper(() =>
      random.weighted<Value>([
        [4, () => call(random.pick(['$eq', '$ne', '$gt', '$lte']), [this.reference(), this.leaf()])],
        [1, () => call(random.pick(['$and', '$or']), [this.truth(), this.truth()])],
        [0.5, () => call('$not', [this.truth()])],
        [1, () => call('$in', [this.reference(), this.items()])],
        [0.5, () => call(random.pick(['$isNumber', '$isArray']), this.reference())],
        [0.3, () => call('$anyElementTrue', [this.items()])],
        [0.3, () => call('$setIsSubset', [this.items(), this.items()])],
      ]),
    );
  }

  object(): Value {
    const { random } = this;
    return this.deeper(() =>
      random.weighted<Value>([
        [2, () => this.guarded('object', new Map())],
        [1, () => doc({ p: this.expression(), q: this.reference() })],
        [1, () => call('$mergeObjects', [this.object(), this.object()])],
      ]),
    );
  }

  numeric(): Value {
    const { random } = this;
    return this.deeper(() =>
      random.weighted<Value>([
        [4, () => this.guarded('number', new Int32(random.between(0, 3)))],
        [
          2,
          () =>
            call('$add', [this.numeric(), this.numeric(), ...(random.chance(0.3) ? [this.reference()] : [])]),
        ],
        [1, () => call('$subtract', [this.numeric(), this.numeric()])],
        [
          0.7,
          () => call('$multiply', [this.numeric(), random.chance(0.5) ? Long.fromNumber(2) : this.numeric()]),
        ],
        [0.5, () => call('$abs', this.numeric())],
        [0.7, () => call('$size', [this.items()])],
        [0.5, () => call(random.pick(['$strLenCP', '$strLenBytes']), this.string())],
        [0.5, () => call('$cmp', [this.reference(), this.reference()])],
        [0.7, () => call('$sum', random.chance(0.5) ? this.items() : [this.reference(), this.numeric()])],
        [0.3, () => call('$indexOfArray', [this.items(), this.leaf()])],
      ]),
    );
  }

  string(): Value {
    const { random } = this;
    return this.deeper(() =>
      random.weighted<Value>([
        [3, () => this.guarded('string', 'q')],
        [
          1,
          () => call('$concat', [this.string(), '-', random.chance(0.8) ? this.string() : this.reference()]),
        ],
        [1, () => call('$toUpper', this.string())],
        [1, () => call('$substrCP', [this.string(), new Int32(random.below(2)), new Int32(random.below(3))])],
        [1, () => call('$type', this.reference())],
      ]),
    );
  }

  items(): Value {
    const { random } = this;
    return this.deeper(() =>
      random.weighted<Value>([
        [4, () => this.guarded('array', [])],
        [1, () => [this.reference(), this.leaf()]],
        [1, () => call('$concatArrays', [this.items(), this.items()])],
        [1, () => this.iteration()],
        [0.7, () => call('$slice', [this.items(), new Int32(random.pick([-2, -1, 1, 2]))])],
        [0.5, () => call('$reverseArray', [this.items()])],
        [0.7, () => call(random.pick(['$setUnion', '$setDifference']), [this.items(), this.items()])],
        [0.5, () => call('$objectToArray', this.object())],
        [0.3, () => call('$split', [this.string(), 'b'])],
      ]),
    );
  }

  private iteration(): Value {
    const input = this.items();
    return this.random.weighted<Value>([
      [1, () => call('$map', doc({ input, in: this.within(['this'], () => this.expression()) }))],
      [1, () => call('$filter', doc({ input, cond: this.within(['this'], () => this.truth()) }))],
      [1, () => {
        const body = this.within(['this', 'value'], () => ['$$value', this.reference()]);
        return call('$reduce', doc({ input: call('$slice', [input, new Int32(2)]), initialValue: this.leaf(), in: body }));
      }], // prettier-ignore
    ]);
  }

  private binding(): Value {
    const vars = doc({ v: this.expression() });
    return call('$let', doc({ vars, in: this.within(['v'], () => this.expression()) }));
  }

  private choice(): Value {
    if (this.random.chance(0.7)) return call('$cond', [this.truth(), this.reference(), this.expression()]);
    const branches = [1, 2].map(() => doc({ case: this.truth(), then: this.reference() }));
    return call('$switch', doc({ branches, default: this.leaf() }));
  }

  private within<T>(names: string[], make: () => T): T {
    const before = this.bound;
    this.bound = [...before, ...names];
    const made = make();
    this.bound = before;
    return made;
  }

  /** Deep in, only leaves grow. */
  private deeper(make: () => Value): Value {
    if (this.depth > 3) return this.reference();
    this.depth += 1;
    const made = make();
    this.depth -= 1;
    return made;
  }

  private reference(): Value {
    const { random } = this;
    if (this.bound.length > 0 && random.chance(0.6)) {
      return `$$${random.pick(this.bound)}${random.chance(0.15) ? '.x' : ''}`;
    }
    return `$${random.pick(NAMES)}`;
  }

  private leaf(): Value {
    const { random } = this;
    if (random.chance(0.4)) return this.reference();
    return call('$literal', random.chance(0.5) ? literal(random.between(-1, 3)) : this.value(1));
  }

  /** A field, where it is of the type; now and then unguarded, so that errors are compared too. */
  private guarded(type: string, otherwise: Value): Value {
    const field = this.reference();
    if (this.random.chance(0.02)) return field;
    const test = type === 'number' ? call('$isNumber', field) : call('$eq', [call('$type', field), type]);
    return call('$cond', [test, field, otherwise]);
  }
}

function call(operator: string, operand: Value): Doc {
  return new Map([[operator, operand]]);
}
