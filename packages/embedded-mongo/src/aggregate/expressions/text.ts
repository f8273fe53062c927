import { T, typeName } from '../../bson/types.js';
import { readBool, readLong, readNumber, readString, type Value } from '../../bson/value.js';
import { decimalText, readDecimal } from '../../bson/decimal.js';
import { CommandError, unsupported } from '../../errors.js';
import { isNullish } from '../operator.js';

/** A double as MongoDB turns it into text: 16 significant digits. */
function doubleText(x: number): string {
  if (!Number.isFinite(x)) throw unsupported('text of a number that is not finite');
  if (Object.is(x, -0)) return '-0';
  const [digits, exponent] = x.toExponential(15).split('e') as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 16) {
    const fixed = x.toFixed(Math.min(100, Math.max(0, 15 - power)));
    return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
  }
  const sign = power < 0 ? '-' : '+';
  return `${digits.replace(/\.?0+$/, '')}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** A date as `2018-03-27T16:58:51.538Z`. */
function dateText(millis: number): string {
  const date = new Date(millis);
  if (Number.isNaN(date.getTime())) throw new CommandError(18537, 'date is outside of the supported range');
  const year = date.getUTCFullYear();
  if (year < 0 || year > 9999)
    throw new CommandError(
      18537,
      'Could not convert date to string: date component was outside the supported range of 0-9999',
    );
  return date.toISOString();
}

/** The text of a scalar, undefined for types that have none. */
export function scalarText(value: Value): string | undefined {
  switch (value.type) {
    case T.string:
    case T.code:
    case T.symbol:
      return readString(value);
    case T.int:
      return String(readNumber(value));
    case T.long:
      return String(readLong(value));
    case T.double:
      return doubleText(readNumber(value));
    case T.decimal:
      return decimalText(readDecimal(value));
    case T.date:
      return dateText(readNumber({ ...value, type: T.long }));
    case T.bool:
      return String(readBool(value));
    case T.objectId:
      return value.buf.toString('hex', value.start, value.end);
    default:
      return undefined;
  }
}

/** What string operators take for text: null is empty, numbers and dates are written out. */
export function coerceToString(value: Value): string {
  if (isNullish(value)) return '';
  const text = value.type === T.bool || value.type === T.objectId ? undefined : scalarText(value);
  if (text === undefined)
    throw new CommandError(16007, `can't convert from BSON type ${typeName(value.type)} to String`);
  return text;
}
