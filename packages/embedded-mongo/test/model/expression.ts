import { Decimal128, Double, Int32, Long } from 'mongodb';
import { compare } from './compare.js';
import { decimalArithmetic } from './decimal.js';
import { numbersOf, sumAsDouble, sumOf } from './exact.js';
import { ModelError } from './model-error.js';
import { typeNumber } from './types.js';
import { isDoc, isNumeric, toNumber, type Doc, type Numeric, type Value } from './value.js';

/** What an expression comes to; undefined: nothing, the field is missing. */
export type Computed = Value | undefined;
export type Bindings = ReadonlyMap<string, Computed>;

/** The model does not say what this comes to; the operation is not compared. */
export class Unknown extends Error {}

/** An aggregation expression's value for a document, by MongoDB's rules written down plainly. */
export function evaluate(expression: Value, root: Doc, bound: Bindings = new Map()): Computed {
  if (typeof expression === 'string' && expression.startsWith('$')) return lookUp(expression, root, bound);
  if (Array.isArray(expression)) return expression.map((item) => evaluate(item, root, bound) ?? null);
  if (!isDoc(expression)) return expression;
  const [first] = expression;
  if (first === undefined || !first[0].startsWith('$')) {
    const fields = [...expression].map(([name, value]) => [name, evaluate(value, root, bound)] as const);
    return new Map(fields.filter((field): field is [string, Value] => field[1] !== undefined));
  }
  const [name, operand] = first;
  const special = SPECIAL[name];
  if (special)
    return special(operand, (part, more) =>
      evaluate(part, root, more ? new Map([...bound, ...more]) : bound),
    );
  const operator = OPERATORS[name];
  if (!operator) throw new Error(`the model has no ${name}`);
  const args = Array.isArray(operand) ? operand : [operand];
  return operator(lazily(args, (item) => evaluate(item, root, bound)));
}

/** One after the other, as the operator asks for them. */
function* lazily(args: Value[], run: (item: Value) => Computed): Generator<Computed> {
  for (const item of args) yield run(item);
}

function lookUp(text: string, root: Doc, bound: Bindings): Computed {
  const [name, ...path] = text.startsWith('$$')
    ? text.slice(2).split('.')
    : ['ROOT', ...text.slice(1).split('.')];
  return path.reduce<Computed>(step, name === 'ROOT' ? root : bound.get(name as string));
}

/** Into a document, or into the documents of an array; a number is a name like any other. */
function step(value: Computed, name: string): Computed {
  if (isDoc(value)) return value.get(name);
  if (!Array.isArray(value)) return undefined;
  return value.filter(isDoc).flatMap((item) => (item.has(name) ? [item.get(name) as Value] : []));
}

type Evaluate = (expression: Value, bindings?: Bindings) => Computed;

const field = (operand: Value, name: string): Value => (operand as Doc).get(name) as Value;
const absent = (value: Computed): value is null | undefined => value === undefined || value === null;

const SPECIAL: Record<string, (operand: Value, evaluate: Evaluate) => Computed> = {
  $literal: (operand) => operand,
  $and: (operand, run) => (operand as Value[]).every((item) => truth(run(item))),
  $or: (operand, run) => (operand as Value[]).some((item) => truth(run(item))),
  $cond: (operand, run) => {
    const [test, yes, no] = operand as [Value, Value, Value];
    return run(truth(run(test)) ? yes : no);
  },
  $switch: (operand, run) => {
    const branches = field(operand, 'branches') as Value[];
    const chosen = branches.find((branch) => truth(run(field(branch, 'case'))));
    return run(chosen ? field(chosen, 'then') : field(operand, 'default'));
  },
  $ifNull: (operand, run) => {
    const values = operand as Value[];
    for (const item of values.slice(0, -1)) {
      const value = run(item);
      if (!absent(value)) return value;
    }
    return run(values.at(-1) as Value);
  },
  $let: (operand, run) =>
    run(
      field(operand, 'in'),
      new Map([...(field(operand, 'vars') as Doc)].map(([name, value]) => [name, run(value)])),
    ),
  $map: (operand, run) =>
    overArray(run(field(operand, 'input')), 16883, (items) =>
      items.map((item) => run(field(operand, 'in'), new Map([['this', item]])) ?? null),
    ),
  $filter: (operand, run) =>
    overArray(run(field(operand, 'input')), 28651, (items) =>
      items.filter((item) => truth(run(field(operand, 'cond'), new Map([['this', item]])))),
    ),
  $reduce: (operand, run) =>
    overArray(run(field(operand, 'input')), 40080, (items) =>
      items.reduce<Computed>(
        (value, item) => run(field(operand, 'in'), new Map<string, Computed>([['this', item], ['value', value]])), // prettier-ignore
        run(field(operand, 'initialValue')),
      ),
    ),
};

// prettier-ignore
const TYPE_NAMES: Record<number, string> = {
  1: 'double', 2: 'string', 3: 'object', 4: 'array', 5: 'binData', 7: 'objectId', 8: 'bool', 9: 'date', 10: 'null', 11: 'regex',
  16: 'int', 17: 'timestamp', 18: 'long', 19: 'decimal', [-1]: 'minKey', 127: 'maxKey',
};

const typeNameOf = (value: Computed): string =>
  value === undefined ? 'missing' : (TYPE_NAMES[typeNumber(value)] as string);

export function truth(value: Computed): boolean {
  if (isNumeric(value)) return toNumber(value) !== 0 || /[1-9]/.test(value.toString());
  return !absent(value) && value !== false;
}

/** The order among expressions: a missing value is less than null, not equal to it. */
export function order(left: Computed, right: Computed): number {
  if (left !== undefined && right !== undefined) return Math.sign(compare(left, right));
  if (left === right) return 0;
  return left === undefined ? (typeNameOf(right) === 'minKey' ? 1 : -1) : -order(right, left);
}

function overArray<R>(value: Computed, code: number, use: (items: Value[]) => R): R | null {
  return absent(value) ? null : use(array(value, code));
}

function array(value: Computed, code: number): Value[] {
  if (!Array.isArray(value)) throw new ModelError(code, 'no array');
  return value;
}

function number(value: Computed, code: number): Numeric {
  if (!isNumeric(value)) throw new ModelError(code, 'no number');
  return value;
}

function text(value: Computed, code: number): string {
  if (typeof value !== 'string') throw new ModelError(code, 'no string');
  return value;
}

/** What stands for a text: nothing is empty, whole numbers are written out. */
function written(value: Computed): string {
  if (absent(value)) return '';
  if (value instanceof Int32 || value instanceof Long) return value.toString();
  if (isNumeric(value) || value instanceof Date) throw new Unknown('the text of a number or a date');
  return text(value, 16007);
}

/** Values one after the other, until one is null: then the answer is null. */
function each<T>(values: Iterable<Computed>, read: (value: Computed) => T): T[] | undefined {
  const read_: T[] = [];
  for (const value of values) {
    if (absent(value)) return undefined;
    read_.push(read(value));
  }
  return read_;
}

const whole = (value: bigint, long: boolean): Numeric => {
  if (BigInt.asIntN(64, value) !== value) throw new Unknown('an overflow');
  return long || BigInt.asIntN(32, value) !== value ? Long.fromBigInt(value) : new Int32(Number(value));
};

const negated = (value: Numeric): Numeric => {
  if (value instanceof Double) return new Double(-value.value);
  if (!(value instanceof Decimal128)) return Long.fromBigInt(-BigInt(value.toString()));
  const shown = value.toString();
  return Decimal128.fromString(
    shown.startsWith('-') ? shown.slice(1) : shown === 'NaN' ? shown : `-${shown}`,
  );
};

function combined(left: Numeric, right: Numeric, operator: '-' | '*'): Numeric {
  if (left instanceof Decimal128 || right instanceof Decimal128) {
    return operator === '*'
      ? decimalArithmetic('*', left, right)
      : decimalArithmetic('+', left, negated(right));
  }
  const [x, y] = [toNumber(left), toNumber(right)];
  if (left instanceof Double || right instanceof Double) return new Double(operator === '*' ? x * y : x - y);
  const [a, b] = [BigInt(left.toString()), BigInt(right.toString())];
  return whole(operator === '*' ? a * b : a - b, left instanceof Long || right instanceof Long);
}

const isSubset = (items: Value[], others: Value[]): boolean =>
  items.every((item) => others.some((other) => compare(item, other) === 0));

const distinct = (items: Value[]): Value[] =>
  items.filter((item, i) => items.findIndex((other) => compare(item, other) === 0) === i);

const byOrder = (items: Value[]): Value[] => distinct(items).sort((a, b) => compare(a, b));

/** `$sum`, `$avg`, `$min` and `$max` of values. */
export const SUMMARIES: Record<string, (values: Computed[]) => Computed> = {
  $sum: (values) => sumOf(numbersOf(values)),
  $avg: (values) => {
    const numbers = numbersOf(values);
    if (numbers.some((value) => value instanceof Decimal128)) throw new Unknown('an average of decimals');
    return numbers.length === 0 ? null : new Double(sumAsDouble(numbers) / numbers.length);
  },
  $min: (values) => best(values, -1),
  $max: (values) => best(values, 1),
};

function best(values: Computed[], sign: number): Computed {
  let found: Computed = null;
  for (const value of values) {
    if (!absent(value) && (found === null || order(value, found) * sign > 0)) found = value;
  }
  return found;
}

const summary =
  (name: string) =>
  (args: Iterable<Computed>): Computed => {
    const values = [...args];
    const [only] = values;
    return SUMMARIES[name]!(values.length === 1 && Array.isArray(only) ? only : values);
  };

const OPERATORS: Record<string, (args: Iterable<Computed>) => Computed> = {
  $add: (args) => {
    const numbers = each(args, (value) => {
      if (value instanceof Date) throw new Unknown('date arithmetic');
      return number(value, 14);
    });
    return numbers ? sumOf(numbers) : null;
  },
  $multiply: (args) =>
    each(args, (value) => number(value, 14))?.reduce((a, b) => combined(a, b, '*')) ?? null,
  $subtract: ([left, right]) => {
    if (left instanceof Date) throw new Unknown('date arithmetic');
    if (absent(left) || absent(right)) return null;
    return combined(number(left, 14), number(right, 14), '-');
  },
  $abs: ([value]) => {
    if (absent(value)) return null;
    const given = number(value, 28765);
    if (given instanceof Double) return new Double(Math.abs(given.value));
    return given.toString().startsWith('-') ? combined(new Int32(0), given, '-') : given;
  },
  $eq: ([left, right]) => order(left, right) === 0,
  $ne: ([left, right]) => order(left, right) !== 0,
  $gt: ([left, right]) => order(left, right) > 0,
  $lte: ([left, right]) => order(left, right) <= 0,
  $cmp: ([left, right]) => new Int32(order(left, right)),
  $not: ([value]) => !truth(value),
  $concat: (args) => each(args, (value) => text(value, 16702))?.join('') ?? null,
  $toUpper: ([value]) => written(value).replace(/[a-z]/g, (char) => char.toUpperCase()),
  $strLenCP: ([value]) => new Int32([...text(value, 34471)].length),
  $strLenBytes: ([value]) => new Int32(Buffer.byteLength(text(value, 34473))),
  $substrCP: ([value, from, count]) =>
    [...written(value)]
      .slice(toNumber(from as Numeric), toNumber(from as Numeric) + toNumber(count as Numeric))
      .join(''),
  $split: ([value, by]) => (absent(value) ? null : text(value, 40085).split(by as string)),
  $type: ([value]) => typeNameOf(value),
  $isNumber: ([value]) => isNumeric(value),
  $isArray: ([value]) => Array.isArray(value),
  $arrayElemAt: ([value, at]) => (absent(value) ? null : array(value, 28689).at(toNumber(at as Numeric))),
  $first: ([value]) => (absent(value) ? null : array(value, 28689)[0]),
  $last: ([value]) => (absent(value) ? null : array(value, 28689).at(-1)),
  $size: ([value]) => new Int32(array(value, 17124).length),
  $concatArrays: (args) => each(args, (value) => array(value, 28664))?.flat() ?? null,
  $in: ([value, items]) => array(items, 40081).some((item) => order(value, item) === 0),
  $indexOfArray: ([items, value]) =>
    overArray(items, 40090, (list) => new Int32(list.findIndex((item) => order(item, value) === 0))),
  $slice: ([items, count]) =>
    overArray(items, 28724, (list) => {
      const n = toNumber(count as Numeric);
      return n < 0 ? list.slice(n) : list.slice(0, n);
    }),
  $reverseArray: ([items]) => overArray(items, 34435, (list) => [...list].reverse()),
  $setUnion: (args) => {
    const lists = each(args, (value) => array(value, 17043));
    return lists ? byOrder(lists.flat()) : null;
  },
  $setDifference: ([left, right]) => {
    if (absent(left) || absent(right)) return null;
    const [items, others] = [array(left, 17048), array(right, 17049)];
    return distinct(items).filter((item) => !isSubset([item], others));
  },
  $setIsSubset: ([left, right]) => isSubset(array(left, 17046), array(right, 17042)),
  $anyElementTrue: ([items]) => array(items, 17041).some(truth),
  $mergeObjects: (args) => {
    const merged: Doc = new Map();
    for (const value of args) {
      if (absent(value)) continue;
      if (!isDoc(value)) throw new ModelError(40400, 'no document');
      for (const [name, item] of value) merged.set(name, item);
    }
    return merged;
  },
  $objectToArray: ([value]) => {
    if (absent(value)) return null;
    if (!isDoc(value)) throw new ModelError(40390, 'no document');
    return [...value].map(([k, v]) => new Map<string, Value>([['k', k], ['v', v]])); // prettier-ignore
  },
  $sum: summary('$sum'),
  $avg: summary('$avg'),
  $min: summary('$min'),
  $max: summary('$max'),
};
