import { add, asDecimal, multiply } from '../bson/decimal-math.js';
import { decimalText, decimalValue, readDecimal } from '../bson/decimal.js';
import { doubleValue, intValue, longValue } from '../bson/make.js';
import { isNumber, T, typeName } from '../bson/types.js';
import { readLong, readNumber, type Element, type Value } from '../bson/value.js';
import { formatValue } from '../bson/format.js';
import { badValue, typeMismatch } from '../errors.js';
import type { Modifier } from './modifier.js';
import { toValue } from './tree.js';

const INT_MIN = -(2n ** 31n);
const INT_MAX = 2n ** 31n - 1n;
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

type Op = '$inc' | '$mul';

/** The number as MongoDB types it: decimal wins, then double, then Long; beyond the range of Long is an error. */
function calculate(op: Op, left: Value, right: Value, document: () => string): Value {
  if (left.type === T.decimal || right.type === T.decimal) {
    const compute = op === '$inc' ? add : multiply;
    return decimalValue(compute(asDecimal(left), asDecimal(right)));
  }
  if (left.type === T.double || right.type === T.double) {
    const a = readNumber(left);
    const b = readNumber(right);
    return doubleValue(op === '$inc' ? a + b : a * b);
  }
  const a = integer(left);
  const b = integer(right);
  const result = op === '$inc' ? a + b : a * b;
  if (result < LONG_MIN || result > LONG_MAX) {
    throw badValue(
      `Failed to apply ${op} operations to current value (${numberText(left)}) for document {${document()}}`,
    );
  }
  const long = left.type === T.long || right.type === T.long || result < INT_MIN || result > INT_MAX;
  return long ? longValue(result) : intValue(Number(result));
}

function integer(value: Value): bigint {
  return value.type === T.long ? readLong(value) : BigInt(readNumber(value));
}

/** `$inc` and `$mul`. */
export function arithmetic(op: Op, operand: Element): Modifier {
  if (!isNumber(operand.type)) {
    const verb = op === '$inc' ? 'increment' : 'multiply';
    throw typeMismatch(`Cannot ${verb} with non-numeric argument: {${formatField(operand)}}`);
  }
  return {
    change: (current, where) => {
      const before = toValue(current);
      if (!isNumber(before.type)) {
        throw typeMismatch(
          `Cannot apply ${op} to a value of non-numeric type. {${where.document()}} has the field '${where.field}' of non-numeric type ${typeName(before.type)}`,
        );
      }
      const after = calculate(op, before, operand, where.document);
      return isIdentical(before, after) ? undefined : after;
    },
    create: () => (op === '$inc' ? operand : calculate(op, intValue(0), operand, () => '')),
  };
}

export function formatField(field: Element): string {
  return `${field.name}: ${formatValue(field)}`;
}

function numberText(value: Value): string {
  switch (value.type) {
    case T.int:
      return `(NumberInt)${readNumber(value)}`;
    case T.long:
      return `(NumberLong)${readLong(value)}`;
    case T.double:
      return `(NumberDouble)${readNumber(value)}`;
    default:
      return `(NumberDecimal)${decimalText(readDecimal(value))}`;
  }
}

/** One type and one value: then nothing counts as modified. 0 and -0 are one double, NaN differs from itself. */
function isIdentical(a: Value, b: Value): boolean {
  if (a.type !== b.type) return false;
  if (a.type === T.double) return readNumber(a) === readNumber(b);
  return a.buf.compare(b.buf, b.start, b.end, a.start, a.end) === 0;
}

const BIT_OPS: Record<string, (a: bigint, b: bigint) => bigint> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};

/** `$bit`, with its operations already told apart. */
export function bitwise(operations: readonly Element[]): Modifier {
  const steps = operations.map((operation) => {
    const compute = BIT_OPS[operation.name];
    if (!compute) {
      throw badValue(
        `The $bit modifier only supports 'and', 'or', and 'xor', not '${operation.name}' which is an unknown operator: {${formatField(operation)}}`,
      );
    }
    if (operation.type !== T.int && operation.type !== T.long) {
      throw badValue(
        `The $bit modifier field must be an Integer(32/64 bit); a '${typeName(operation.type)}' is not supported here: {${formatField(operation)}}`,
      );
    }
    return (value: Value) => {
      const result = compute(integer(value), integer(operation));
      return value.type === T.int && operation.type === T.int ? intValue(Number(result)) : longValue(result);
    };
  });
  if (steps.length === 0) {
    throw badValue(
      'You must pass in at least one bitwise operation. The format is: {$bit: {field: {and/or/xor: #}}',
    );
  }
  const run = (value: Value) => steps.reduce((result, step) => step(result), value);
  return {
    change: (current, where) => {
      const before = toValue(current);
      if (before.type !== T.int && before.type !== T.long) {
        throw badValue(
          `Cannot apply $bit to a value of non-integral type.${where.document()} has the field ${where.field} of non-integer type ${typeName(before.type)}`,
        );
      }
      const after = run(before);
      return isIdentical(before, after) ? undefined : after;
    },
    create: () => run(intValue(0)),
  };
}
