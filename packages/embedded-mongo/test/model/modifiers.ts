import { Decimal128, Double, Int32, Long } from 'mongodb';
import { ARRAY_MODIFIERS } from './array-modifiers.js';
import { compare } from './compare.js';
import { decimalArithmetic } from './decimal.js';
import { CODES, ModelError } from './model-error.js';
import type { Modifier } from './modifier.js';
import { clone, identity, isDoc, isNumeric, toNumber, type Doc, type Numeric, type Value } from './value.js';

/** @throws ModelError for operands that no document could make right. */
export function parseModifier(operator: string, path: string, operand: Value): Modifier {
  const make = MODIFIERS[operator];
  if (make === undefined) throw new ModelError(CODES.failedToParse, `unknown modifier ${operator}`);
  return make(operand, path);
}

const set = (operand: Value): Modifier => ({
  change: (current) => unlessSame(current, clone(operand)),
  create: () => clone(operand),
});

const MODIFIERS: Record<string, (operand: Value, path: string) => Modifier> = {
  $set: set,
  $setOnInsert: (operand) => ({ ...set(operand), onlyOnInsert: true }),
  $unset: () => ({ change: () => undefined, toleratesBadPath: true }),
  $inc: (operand) => ({ ...arithmetic(operand, (current, by) => current + by), create: () => operand }),
  $mul: (operand) => arithmetic(operand, (current, by) => current * by),
  $min: (operand) => extreme(operand, (order) => order < 0),
  $max: (operand) => extreme(operand, (order) => order > 0),
  $bit: (operand) => {
    const apply = (current: Value): Value => {
      if (!(current instanceof Int32) && !(current instanceof Long)) {
        throw new ModelError(CODES.badValue, '$bit on what is no integer');
      }
      return [...(operand as Doc)].reduce<Int32 | Long>(bitStep, current);
    };
    return { change: (current) => unlessSame(current, apply(current)), create: () => apply(new Int32(0)) };
  },
  ...ARRAY_MODIFIERS,
  $rename: (operand, path) => {
    if (typeof operand !== 'string')
      throw new ModelError(CODES.badValue, 'the target of $rename is no string');
    if (operand === path || operand.startsWith(`${path}.`) || path.startsWith(`${operand}.`)) {
      throw new ModelError(CODES.badValue, 'the target of $rename lies on the path of its source');
    }
    return { change: () => undefined, source: path.split('.'), target: operand };
  },
};

/** The value itself if the new one has the same bytes. */
function unlessSame(current: Value, next: Value): Value {
  return identity(current) === identity(next) ? current : next;
}

function bitStep(left: Int32 | Long, [name, right]: [string, Value]): Int32 | Long {
  const [a, b] = [BigInt(left.toString()), BigInt((right as Int32 | Long).toString())];
  const result = name === 'and' ? a & b : name === 'or' ? a | b : a ^ b;
  const wide = left instanceof Long || right instanceof Long;
  return wide ? Long.fromBigInt(result) : new Int32(Number(result));
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
      const next = apply(current);
      // Doubles are compared as numbers: 0 and -0 are one, and NaN is always new.
      if (current instanceof Double && next instanceof Double)
        return current.value === next.value ? current : next;
      return unlessSame(current, next);
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
