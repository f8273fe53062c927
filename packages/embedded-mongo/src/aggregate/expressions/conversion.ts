import { asDecimal } from '../../bson/decimal-math.js';
import { decimalText, decimalValue, readDecimal } from '../../bson/decimal.js';
import { boolValue, doubleValue, intValue, longValue, stringValue } from '../../bson/make.js';
import { formatValue } from '../../bson/format.js';
import { isNumber, T, typeName, typeOfAlias } from '../../bson/types.js';
import { isTruthy, NULL, readBool, readLong, readNumber, readString, type Value } from '../../bson/value.js';
import { badValue, CommandError, ErrorCode, unsupported } from '../../errors.js';
import {
  folded,
  isNullish,
  namedArguments,
  unary,
  type Expression,
  type Operator,
  type Operators,
} from '../operator.js';
import { parseDateText } from './date-text.js';
import { fitsLong, wholeOf } from './numbers.js';
import { scalarText } from './text.js';

/** A value that cannot become the wanted type: what `onError` of `$convert` catches. */
class ConversionError extends CommandError {
  constructor(message: string) {
    super(ErrorCode.ConversionFailure, message);
  }
}

function unsupportedConversion(from: number, to: number): ConversionError {
  return new ConversionError(
    `Unsupported conversion from ${typeName(from)} to ${typeName(to)} in $convert with no onError value`,
  );
}

function overflow(value: Value): ConversionError {
  return new ConversionError(
    `Conversion would overflow target type in $convert with no onError value: ${formatValue(value)}`,
  );
}

function unparsed(what: string, text: string, why: string): ConversionError {
  return new ConversionError(`Failed to parse ${what} '${text}' in $convert with no onError value: ${why}`);
}

/** To a type from each type that MongoDB converts to it. */
type Conversion = (value: Value) => Value;

const toDouble: Conversion = (value) => {
  switch (value.type) {
    case T.double:
      return value;
    case T.int:
    case T.long:
      return doubleValue(readNumber(value));
    case T.bool:
      return doubleValue(Number(readBool(value)));
    case T.date:
      return doubleValue(Number(readLong(value)));
    case T.string: {
      const text = readString(value);
      if (/^-?(inf(inity)?|nan)$/i.test(text))
        return doubleValue(Number(text.replace(/inf(inity)?/i, 'Infinity').replace(/nan/i, 'NaN')));
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
        throw unparsed('number', text, text === '' ? 'Empty string' : 'Did not consume whole string.');
      if (!Number.isFinite(Number(text))) throw unparsed('number', text, 'Out of range');
      return doubleValue(Number(text));
    }
    case T.decimal:
      throw unsupported('the conversion of Decimal128 to double');
    default:
      throw unsupportedConversion(value.type, T.double);
  }
};

/** To int32 or Long: `bits` wide, fractions cut off. */
function toWhole(type: number, bits: 32 | 64): Conversion {
  const make = (whole: bigint, value: Value) => {
    if (BigInt.asIntN(bits, whole) !== whole) throw overflow(value);
    return bits === 32 ? intValue(Number(whole)) : longValue(whole);
  };
  return (value) => {
    switch (value.type) {
      case T.int:
      case T.long:
        return make(wholeOf(value), value);
      case T.double: {
        const number = readNumber(value);
        if (Number.isNaN(number))
          throw new ConversionError(
            'Attempt to convert NaN value to integer type in $convert with no onError value',
          );
        if (!Number.isFinite(number))
          throw new ConversionError(
            'Attempt to convert infinity value to integer type in $convert with no onError value',
          );
        return make(BigInt(Math.trunc(number)), value);
      }
      case T.decimal: {
        const { kind, negative, coefficient, exponent } = readDecimal(value);
        if (kind !== 'finite') {
          const what = kind === 'nan' ? 'NaN' : 'infinity';
          throw new ConversionError(
            `Attempt to convert ${what} value to integer type in $convert with no onError value`,
          );
        }
        if (exponent > 19 && coefficient !== 0n) throw overflow(value);
        const power = 10n ** BigInt(Math.abs(exponent));
        const whole = exponent < 0 ? coefficient / power : coefficient * power;
        return make(negative ? -whole : whole, value);
      }
      case T.bool:
        return make(BigInt(readBool(value)), value);
      case T.date:
        if (bits === 32) throw unsupportedConversion(value.type, type);
        return longValue(readLong(value));
      case T.string: {
        const text = readString(value);
        if (!/^[+-]?\d+$/.test(text))
          throw unparsed(
            'number',
            text,
            text === ''
              ? 'Empty string'
              : /^[+-]?\d/.test(text)
                ? 'Did not consume whole string.'
                : 'Did not consume any digits',
          );
        const whole = BigInt(text.replace('+', ''));
        if (BigInt.asIntN(bits, whole) !== whole) throw unparsed('number', text, 'Overflow');
        return make(whole, value);
      }
      default:
        throw unsupportedConversion(value.type, type);
    }
  };
}

const toDecimal: Conversion = (value) => {
  if (isNumber(value.type)) return value.type === T.decimal ? value : decimalValue(asDecimal(value));
  if (value.type === T.bool) return decimalValue(asDecimal(intValue(Number(readBool(value)))));
  if (value.type === T.date) return decimalValue(asDecimal(longValue(readLong(value))));
  if (value.type === T.string) throw unsupported('the conversion of a string to Decimal128');
  throw unsupportedConversion(value.type, T.decimal);
};

const toText: Conversion = (value) => {
  if (value.type === T.decimal) return stringValue(decimalText(readDecimal(value)));
  const text = value.type === T.code || value.type === T.symbol ? undefined : scalarText(value);
  if (text === undefined) throw unsupportedConversion(value.type, T.string);
  return value.type === T.string ? value : stringValue(text);
};

const toDate: Conversion = (value) => {
  switch (value.type) {
    case T.date:
      return value;
    case T.long:
    case T.double: {
      const number = readNumber(value);
      const millis =
        value.type === T.long
          ? readLong(value)
          : Number.isFinite(number)
            ? BigInt(Math.trunc(number))
            : 2n ** 64n;
      if (!fitsLong(millis)) throw overflow(value);
      return { ...longValue(millis), type: T.date };
    }
    case T.objectId:
      return { ...longValue(BigInt(value.buf.readUInt32BE(value.start)) * 1000n), type: T.date };
    case T.timestamp:
      return { ...longValue(BigInt(value.buf.readUInt32LE(value.start + 4)) * 1000n), type: T.date };
    case T.string: {
      const text = readString(value);
      const millis = parseDateText(text);
      if (millis === undefined) throw new ConversionError(`Error parsing date string '${text}'`);
      return { ...longValue(BigInt(millis)), type: T.date };
    }
    case T.decimal:
      throw unsupported('the conversion of Decimal128 to date');
    default:
      throw unsupportedConversion(value.type, T.date);
  }
};

const toObjectId: Conversion = (value) => {
  if (value.type === T.objectId) return value;
  if (value.type !== T.string) throw unsupportedConversion(value.type, T.objectId);
  const text = readString(value);
  if (text.length !== 24) {
    const why = `Invalid string length for parsing to OID, expected 24 but found ${Buffer.byteLength(text)}`;
    throw unparsed('objectId', text, why);
  }
  if (!/^[0-9a-f]{24}$/i.test(text))
    throw unparsed('objectId', text, 'Invalid character found in hex string');
  return { buf: Buffer.from(text, 'hex'), type: T.objectId, start: 0, end: 12 };
};

const CONVERSIONS = new Map<number, Conversion>([
  [T.double, toDouble],
  [T.string, toText],
  [T.objectId, toObjectId],
  [T.bool, (value) => (value.type === T.bool ? value : boolValue(isTruthy(value)))],
  [T.date, toDate],
  [T.int, toWhole(T.int, 32)],
  [T.long, toWhole(T.long, 64)],
  [T.decimal, toDecimal],
]);

function shortcut(type: number): Operator {
  const convert = CONVERSIONS.get(type)!;
  return unary((value) => (isNullish(value) ? NULL : convert(value)));
}

const CONVERT = { notObject: ErrorCode.FailedToParse, unknown: ErrorCode.FailedToParse, missing: [9, 9] };

const convert: Operator = (operand, scope) => {
  const given = namedArguments(operand, ['input', 'to', 'onError', 'onNull'], CONVERT);
  const input = scope.parse(given.input!);
  const to = scope.parse(given.to!);
  const onError = given.onError && scope.parse(given.onError);
  const onNull = given.onNull && scope.parse(given.onNull);
  const all = [input, to, onError, onNull].filter((part): part is Expression => part !== undefined);
  return folded(all, (root) => {
    const value = input(root);
    const target = to(root);
    if (isNullish(value)) return onNull ? onNull(root) : NULL;
    if (isNullish(target)) return NULL;
    const type = targetType(target);
    const conversion = CONVERSIONS.get(type);
    try {
      if (!conversion) throw unsupportedConversion(value.type, type);
      return conversion(value);
    } catch (error) {
      if (onError && error instanceof ConversionError) return onError(root);
      throw error;
    }
  });
};

function targetType(target: Value): number {
  if (target.type === T.string) {
    const type = typeOfAlias(readString(target));
    if (type === undefined) throw badValue(`Unknown type name: ${readString(target)}`);
    return type;
  }
  if (!isNumber(target.type) || target.type === T.decimal)
    throw new CommandError(
      ErrorCode.FailedToParse,
      "$convert's 'to' argument must be a string or number, but is " + typeName(target.type),
    );
  const code = readNumber(target);
  if (!Number.isInteger(code))
    throw new CommandError(ErrorCode.FailedToParse, "In $convert, numeric 'to' argument is not an integer");
  return code === -1 ? T.minKey : code;
}

export const CONVERSION: Operators = {
  $convert: convert,
  $toBool: shortcut(T.bool),
  $toInt: shortcut(T.int),
  $toLong: shortcut(T.long),
  $toDouble: shortcut(T.double),
  $toDecimal: shortcut(T.decimal),
  $toString: shortcut(T.string),
  $toObjectId: shortcut(T.objectId),
  $toDate: shortcut(T.date),
  $type: unary((value) => stringValue(typeName(value.type))),
  $isNumber: unary((value) => boolValue(isNumber(value.type))),
};
