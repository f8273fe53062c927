import { add, asDecimal, multiply } from '../bson/decimal-math.js';
import { decimalValue } from '../bson/decimal.js';
import { doubleValue, intValue, longValue } from '../bson/make.js';
import { formatValue } from '../bson/format.js';
import { isNumber, T, typeName } from '../bson/types.js';
import { readLong, readNumber, type Value } from '../bson/value.js';
import { badValue, typeMismatch } from '../errors.js';

const INT_MIN = -(2n ** 31n);
const INT_MAX = 2n ** 31n - 1n;
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

/** `$inc` and `$mul` as MongoDB types them: double wins, then Long; an int32 that overflows becomes a Long. */
export function calculate(op: '$inc' | '$mul', left: Value, right: Value, describe: () => string): Value {
  if (!isNumber(left.type)) {
    throw typeMismatch(
      `Cannot apply ${op} to a value of non-numeric type. ${describe()} has the field of non-numeric type ${typeName(left.type)}`,
    );
  }
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
    throw badValue(`Failed to apply ${op} operations to current value (${formatValue(left)}) for document`);
  }
  const long = left.type === T.long || right.type === T.long || result < INT_MIN || result > INT_MAX;
  return long ? longValue(result) : intValue(Number(result));
}

function integer(value: Value): bigint {
  if (value.type === T.long) return readLong(value);
  return BigInt(readNumber(value));
}
