import { asDecimal, divide, multiply } from '../../bson/decimal-math.js';
import { exactNumber } from '../../bson/compare.js';
import { decimalValue, readDecimal, toDouble, type Decimal } from '../../bson/decimal.js';
import { doubleValue, intValue, longValue } from '../../bson/make.js';
import { isNumber, T, typeName } from '../../bson/types.js';
import { NULL, numberOf, readLong, readNumber, type Value } from '../../bson/value.js';
import { badValue, CommandError, ErrorCode, typeMismatch, unsupported } from '../../errors.js';
import { binary, isNullish, nary, unary, variadic, type Operator, type Operators } from '../operator.js';
import { fitsLong, int32Of, intOrLong, subtractDecimals, Sum, wholeOf } from './numbers.js';

/** Numbers are added; one of the operands may be a date. */
const add = variadic((values) => {
  const sum = new Sum();
  let date = false;
  for (const value of values) {
    if (isNumber(value.type)) sum.add(value);
    else if (value.type === T.date) {
      if (date) throw new CommandError(16612, 'only one date allowed in an $add expression');
      date = true;
      sum.add({ ...value, type: T.long });
    } else if (isNullish(value)) return NULL;
    else throw typeMismatch(`$add only supports numeric or date types, not ${typeName(value.type)}`);
  }
  return date ? dateOf(sum.millis(), '$add') : sum.result();
});

function dateOf(millis: bigint | undefined, name: string): Value {
  if (millis === undefined || !fitsLong(millis))
    throw new CommandError(ErrorCode.Overflow, `date overflow in ${name}`);
  return { ...longValue(millis), type: T.date };
}

const subtract = binary((left, right) => {
  if (isNumber(left.type) && isNumber(right.type)) {
    if (left.type === T.decimal || right.type === T.decimal) return subtractDecimals(left, right);
    if (left.type === T.double || right.type === T.double)
      return doubleValue(readNumber(left) - readNumber(right));
    const difference = wholeOf(left) - wholeOf(right);
    if (!fitsLong(difference)) return doubleValue(readNumber(left) - readNumber(right));
    return left.type === T.long || right.type === T.long ? longValue(difference) : intOrLong(difference);
  }
  if (isNullish(left) || isNullish(right)) return NULL;
  if (left.type === T.date) {
    if (right.type === T.date) {
      const difference = readLong(left) - readLong(right);
      if (!fitsLong(difference)) throw new CommandError(ErrorCode.Overflow, 'overflow in $subtract');
      return longValue(difference);
    }
    if (isNumber(right.type)) {
      if (right.type === T.decimal) throw unsupported('Decimal128 in date arithmetic');
      const number = readNumber(right);
      if (!Number.isFinite(number)) return dateOf(undefined, '$subtract');
      return dateOf(
        readLong(left) - (right.type === T.double ? BigInt(Math.trunc(number)) : wholeOf(right)),
        '$subtract',
      );
    }
  }
  throw typeMismatch(`can't $subtract ${typeName(right.type)} from ${typeName(left.type)}`);
});

const product = variadic((values) => {
  let result = intValue(1);
  for (const value of values) {
    if (isNullish(value)) return NULL;
    if (!isNumber(value.type))
      throw typeMismatch(`$multiply only supports numeric types, not ${typeName(value.type)}`);
    result = times(result, value);
  }
  return result;
});

function times(left: Value, right: Value): Value {
  if (left.type === T.decimal || right.type === T.decimal)
    return decimalValue(multiply(asDecimal(left), asDecimal(right)));
  if (left.type === T.double || right.type === T.double)
    return doubleValue(readNumber(left) * readNumber(right));
  const whole = wholeOf(left) * wholeOf(right);
  if (!fitsLong(whole)) return doubleValue(readNumber(left) * readNumber(right));
  return left.type === T.long || right.type === T.long ? longValue(whole) : intOrLong(whole);
}

const quotient = binary((left, right) => {
  if (isNumber(left.type) && isNumber(right.type)) {
    if (numberOf(right) === 0) throw badValue("can't $divide by zero");
    if (left.type === T.decimal || right.type === T.decimal)
      return decimalValue(divide(asDecimal(left), asDecimal(right)));
    return doubleValue(readNumber(left) / readNumber(right));
  }
  if (isNullish(left) || isNullish(right)) return NULL;
  throw typeMismatch(
    `$divide only supports numeric types, not ${typeName(left.type)} and ${typeName(right.type)}`,
  );
});

const modulo = binary((left, right) => {
  if (isNumber(left.type) && isNumber(right.type)) {
    if (numberOf(right) === 0) throw new CommandError(16610, "can't $mod by zero");
    if (left.type === T.decimal || right.type === T.decimal) throw unsupported('Decimal128 in $mod');
    if (left.type === T.double || right.type === T.double)
      return doubleValue(readNumber(left) % readNumber(right));
    const rest = wholeOf(left) % wholeOf(right);
    return left.type === T.long || right.type === T.long ? longValue(rest) : intOrLong(rest);
  }
  if (isNullish(left) || isNullish(right)) return NULL;
  throw new CommandError(
    16611,
    `$mod only supports numeric types, not ${typeName(left.type)} and ${typeName(right.type)}`,
  );
});

/** A function of one number: `whole` for int32 and Long, `double`, and `decimal` where there is one. */
function numeric(
  whole: (value: Value) => Value,
  double: (number: number) => Value,
  decimal?: (number: Decimal) => Decimal,
): Operator {
  return unary((value, name) => {
    if (isNullish(value)) return NULL;
    if (!isNumber(value.type))
      throw new CommandError(28765, `${name} only supports numeric types, not ${typeName(value.type)}`);
    if (value.type === T.decimal) {
      if (!decimal) throw unsupported(`Decimal128 in ${name}`);
      return decimalValue(decimal(readDecimal(value)));
    }
    return value.type === T.double ? double(readNumber(value)) : whole(value);
  });
}

/** A function whose result is a double, defined where `valid` holds. */
function real(
  compute: (x: number) => number,
  valid: (x: number) => boolean,
  code: number,
  rule: string,
): Operator {
  return (operand, scope) => {
    const double = (x: number) => {
      if (!valid(x) && !Number.isNaN(x))
        throw new CommandError(code, `${operand.name}'s argument must be ${rule}, but is ${x}`);
      return doubleValue(compute(x));
    };
    return numeric((value) => double(readNumber(value)), double)(operand, scope);
  };
}

const same = (value: Value): Value => value;
const always = () => true;

const absolute = numeric(
  (value) => {
    const whole = wholeOf(value);
    if (whole === -(2n ** 63n)) throw new CommandError(28680, "can't take $abs of long long min");
    const result = whole < 0n ? -whole : whole;
    return value.type === T.long ? longValue(result) : intOrLong(result);
  },
  (x) => doubleValue(Math.abs(x)),
  (x) => ({ ...x, negative: false }),
);

const logarithm: Operator = binary((value, base) => {
  if (isNullish(value) || isNullish(base)) return NULL;
  if (!isNumber(value.type))
    throw new CommandError(28756, `$log's argument must be numeric, not ${typeName(value.type)}`);
  if (!isNumber(base.type))
    throw new CommandError(28757, `$log's base must be numeric, not ${typeName(base.type)}`);
  const x = readNumber(value);
  const b = readNumber(base);
  if (x <= 0) throw new CommandError(28758, `$log's argument must be a positive number, but is ${x}`);
  if (b <= 0 || b === 1)
    throw new CommandError(28759, `$log's base must be a positive number not equal to 1, but is ${b}`);
  return doubleValue(Math.log(x) / Math.log(b));
});

const power: Operator = binary((base, exponent) => {
  if (isNullish(base) || isNullish(exponent)) return NULL;
  if (!isNumber(base.type))
    throw new CommandError(28762, `$pow's base must be numeric, not ${typeName(base.type)}`);
  if (!isNumber(exponent.type))
    throw new CommandError(28763, `$pow's exponent must be numeric, not ${typeName(exponent.type)}`);
  const b = readNumber(base);
  const e = readNumber(exponent);
  if (b === 0 && e < 0) throw new CommandError(28764, '$pow cannot take a base of 0 and a negative exponent');
  const double = base.type === T.double || exponent.type === T.double;
  if (double || e < 0)
    return e < 0 && !double && Math.abs(b) === 1 ? unit(b, e, base, exponent) : doubleValue(power64(b, e));
  const size = Math.abs(b);
  if (size > 1 && e * Math.log2(size) > 64) return doubleValue(b ** e);
  const whole = size <= 1 ? wholeUnit(b, e) : wholeOf(base) ** wholeOf(exponent);
  if (!fitsLong(whole)) return doubleValue(b ** e);
  return base.type === T.long || exponent.type === T.long ? longValue(whole) : intOrLong(whole);
});

/** `0`, `1` and `-1` to any whole power, without the cost of it. */
function wholeUnit(base: number, exponent: number): bigint {
  if (exponent === 0) return 1n;
  return base === -1 && exponent % 2 === 0 ? 1n : BigInt(base);
}

function unit(b: number, e: number, base: Value, exponent: Value): Value {
  const whole = wholeUnit(b, e);
  return base.type === T.long || exponent.type === T.long ? longValue(whole) : intOrLong(whole);
}

/** C's `pow`, where 1 and -1 to an infinite power are 1 and 1 to NaN is 1. */
function power64(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  return base ** exponent;
}

/** `$round` (halves to even) and `$trunc`, to a decimal place, on the exact digits of the number. */
function rounding(halves: boolean): Operator {
  return nary(1, 2, ([value, places], name) => {
    if (isNullish(value!) || (places && isNullish(places))) return NULL;
    if (!isNumber(value!.type))
      throw new CommandError(51081, `${name} only supports numeric types, not ${typeName(value!.type)}`);
    const digits = places ? placesOf(places, name) : 0;
    const exact = exactNumber(value!);
    if (exact.kind !== 'finite') return value!;
    const rounded = quantize(exact, -digits, halves);
    if (value!.type === T.decimal) return decimalValue(rounded);
    if (value!.type === T.double) return doubleValue(toDouble(rounded));
    if (digits >= 0) return value!;
    const whole = (rounded.negative ? -1n : 1n) * rounded.coefficient * 10n ** BigInt(rounded.exponent);
    if (!fitsLong(whole))
      throw new CommandError(51080, `invalid conversion from Decimal128 result in ${name}`);
    return value!.type === T.long ? longValue(whole) : intOrLong(whole);
  });
}

function placesOf(value: Value, name: string): number {
  const places = isNumber(value.type) ? int32Of(value) : undefined;
  if (places === undefined)
    throw new CommandError(51082, `precision argument to  ${name} must be a integral value`);
  if (places < -20 || places > 100) {
    throw new CommandError(
      51083,
      `cannot apply ${name} with precision value ${places} value must be in [-20, 100]`,
    );
  }
  return places;
}

function quantize(decimal: Decimal, exponent: number, halves: boolean): Decimal {
  if (decimal.exponent >= exponent) return decimal;
  const unit = 10n ** BigInt(exponent - decimal.exponent);
  const kept = decimal.coefficient / unit;
  const twice = 2n * (decimal.coefficient % unit);
  const up = halves && (twice > unit || (twice === unit && kept % 2n === 1n));
  return { ...decimal, coefficient: up ? kept + 1n : kept, exponent };
}

/** The whole decimal below (`down`) or above. */
function outward(x: Decimal, down: boolean): Decimal {
  if (x.kind !== 'finite' || x.exponent >= 0) return x;
  const cut = quantize(x, 0, false);
  const rest = x.coefficient % 10n ** BigInt(-x.exponent) !== 0n;
  return rest && x.negative === down ? { ...cut, coefficient: cut.coefficient + 1n } : cut;
}

export const ARITHMETIC: Operators = {
  $add: add,
  $subtract: subtract,
  $multiply: product,
  $divide: quotient,
  $mod: modulo,
  $abs: absolute,
  $ceil: numeric(
    same,
    (x) => doubleValue(Math.ceil(x)),
    (x) => outward(x, false),
  ),
  $floor: numeric(
    same,
    (x) => doubleValue(Math.floor(x)),
    (x) => outward(x, true),
  ),
  $round: rounding(true),
  $trunc: rounding(false),
  $sqrt: real(Math.sqrt, (x) => x >= 0, 28714, 'greater than or equal to 0'),
  $exp: real(Math.exp, always, 0, ''),
  $ln: real(Math.log, (x) => x > 0, 28766, 'a positive number'),
  $log10: real(Math.log10, (x) => x > 0, 28761, 'a positive number'),
  $log: logarithm,
  $pow: power,
};
