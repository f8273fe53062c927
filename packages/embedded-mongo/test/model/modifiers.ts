import { BSONRegExp, Decimal128, Double, Int32, Long } from 'mongodb';
import { compare } from './compare.js';
import { isOperators, matches } from './match.js';
import { decimalArithmetic } from './decimal.js';
import { CODES, ModelError } from './model-error.js';
import { clone, isDoc, isNumeric, toNumber, type Doc, type Numeric, type Value } from './value.js';

/** What one update operator does at one path. */
export interface Modifier {
  /** The new value for one that is there; undefined removes it. */
  change(current: Value): Value | undefined;
  /** The value for a path that is missing; absent or undefined: nothing is made. */
  create?(): Value | undefined;
  /** `$setOnInsert`. */
  onlyOnInsert?: boolean;
  /** `$unset` does nothing where others fail: below a scalar. */
  toleratesBadPath?: boolean;
  /** `$rename`: the path that is read and removed, and the one that is written. */
  source?: string[];
  target?: string;
}

/** @throws ModelError for operands that no document could make right. */
export function parseModifier(operator: string, path: string, operand: Value): Modifier {
  const make = MODIFIERS[operator];
  if (make === undefined) throw new ModelError(CODES.failedToParse, `unknown modifier ${operator}`);
  return make(operand, path);
}

const set = (operand: Value): Modifier => ({ change: () => clone(operand), create: () => clone(operand) });

const MODIFIERS: Record<string, (operand: Value, path: string) => Modifier> = {
  $set: set,
  $setOnInsert: (operand) => ({ ...set(operand), onlyOnInsert: true }),
  $unset: () => ({ change: () => undefined, toleratesBadPath: true }),
  $inc: (operand) => ({ ...arithmetic(operand, (current, by) => current + by), create: () => operand }),
  $mul: (operand) => arithmetic(operand, (current, by) => current * by),
  $min: (operand) => extreme(operand, (order) => order < 0),
  $max: (operand) => extreme(operand, (order) => order > 0),
  $push: (operand) => {
    const items = isDoc(operand) && operand.has('$each') ? operand.get('$each') : [operand];
    if (!Array.isArray(items)) throw new ModelError(CODES.badValue, '$each of $push is no array');
    return { change: (current) => [...asArray(current), ...clone(items)], create: () => clone(items) };
  },
  $addToSet: (operand) => {
    const each = isDoc(operand) && [...operand.keys()][0] === '$each' ? operand.get('$each') : undefined;
    if (each !== undefined && !Array.isArray(each)) {
      throw new ModelError(CODES.typeMismatch, '$each of $addToSet is no array');
    }
    const items = distinctValues(each ?? [operand]);
    return {
      change: (current) => {
        const present = asArray(current);
        return [...present, ...clone(items.filter((item) => !contains(present, item)))];
      },
      create: () => clone(items),
    };
  },
  $pull: (operand) => ({ change: (current) => asArray(current).filter((item) => !isPulled(item, operand)) }),
  $rename: (operand, path) => {
    if (typeof operand !== 'string')
      throw new ModelError(CODES.badValue, 'the target of $rename is no string');
    if (operand === path || operand.startsWith(`${path}.`) || path.startsWith(`${operand}.`)) {
      throw new ModelError(CODES.badValue, 'the target of $rename lies on the path of its source');
    }
    return { change: () => undefined, source: path.split('.'), target: operand };
  },
};

/** The values of a list without those equal to an earlier one, however their numbers are typed. */
export function distinctValues(items: Value[]): Value[] {
  return items.reduce<Value[]>((kept, item) => (contains(kept, item) ? kept : [...kept, item]), []);
}

const contains = (items: Value[], wanted: Value): boolean =>
  items.some((item) => compare(item, wanted) === 0);

function asArray(value: Value): Value[] {
  if (!Array.isArray(value)) throw new ModelError(CODES.badValue, 'an array operator on what is no array');
  return value;
}

function isPulled(item: Value, condition: Value): boolean {
  if (isOperators(condition) || condition instanceof BSONRegExp) {
    return matches(new Map([['item', item]]), new Map([['item', condition]]));
  }
  if (isDoc(condition)) return isDoc(item) && matches(item, condition);
  return compare(item, condition) === 0;
}

function extreme(operand: Value, wins: (order: number) => boolean): Modifier {
  return {
    change: (current) => (wins(compare(operand, current)) ? clone(operand) : current),
    create: () => clone(operand),
  };
}

function arithmetic(operand: Value, compute: (current: number, by: number) => number): Modifier {
  if (!isNumeric(operand)) throw new ModelError(CODES.typeMismatch, 'arithmetic with what is no number');
  const apply = (current: Numeric): Value => {
    if (current instanceof Decimal128 || operand instanceof Decimal128) {
      return decimalArithmetic(compute(2, 3) === 5 ? '+' : '*', current, operand);
    }
    const result = compute(toNumber(current), toNumber(operand));
    if (current instanceof Double || operand instanceof Double) return new Double(result);
    const staysInt32 = current instanceof Int32 && operand instanceof Int32 && result === (result | 0);
    // An int32 product of 0 and a negative number is -0 in JavaScript, and plain 0 as an integer.
    return staysInt32 ? new Int32(result + 0) : Long.fromNumber(result + 0);
  };
  return {
    change: (current) => {
      if (!isNumeric(current)) throw new ModelError(CODES.typeMismatch, 'arithmetic on what is no number');
      return apply(current);
    },
    create: () => apply(new Int32(0)),
  };
}

/** Whether a value holds an integer beyond those the store promises to keep exact. */
export function hasUnsafeLong(value: Value): boolean {
  if (value instanceof Long) return !Number.isSafeInteger(value.toNumber());
  if (isDoc(value)) return [...(value as Doc).values()].some(hasUnsafeLong);
  return Array.isArray(value) && value.some(hasUnsafeLong);
}
