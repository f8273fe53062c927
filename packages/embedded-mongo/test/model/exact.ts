import { Decimal128, Double, Int32, Long } from 'mongodb';
import { isNumeric, toNumber, type Numeric } from './value.js';

/** A finite number without any rounding: `digits × 10^power`. */
interface Exact {
  digits: bigint;
  power: number;
}

function exact(value: Numeric): Exact {
  if (value instanceof Double) {
    // Every double is a whole number of 2^-1074.
    let [rest, halvings] = [value.value, 0];
    while (!Number.isInteger(rest)) [rest, halvings] = [rest * 2, halvings + 1];
    return { digits: BigInt(rest) * 5n ** BigInt(halvings), power: -halvings };
  }
  const [, sign, whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/i.exec(value.toString()) ?? [];
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, power: Number(power) - fraction.length };
}

function total(values: readonly Numeric[]): Exact {
  const parts = values.map(exact);
  const power = Math.min(0, ...parts.map((part) => part.power));
  const digits = parts.reduce((sum, part) => sum + part.digits * 10n ** BigInt(part.power - power), 0n);
  return { digits, power };
}

/** The nearest double: JavaScript reads decimal numbers of any length exactly. */
const nearest = ({ digits, power }: Exact): number => Number(`${digits}e${power}`);

/** A sum as `$sum` and `$add` type it, rounded once. */
export function sumOf(values: readonly Numeric[]): Numeric {
  const special = values.map(toNumber).filter((value) => !Number.isFinite(value));
  const isDecimal = values.some((value) => value instanceof Decimal128);
  if (special.length > 0 && values.some((value) => /inf|nan/i.test(value.toString()))) {
    const endless = values.filter((value) => /inf|nan/i.test(value.toString())).map(toNumber);
    const result = endless.reduce((sum, value) => sum + value);
    return isDecimal ? Decimal128.fromString(String(result)) : new Double(result);
  }
  const sum = total(values);
  if (isDecimal) return Decimal128.fromStringWithRounding(`${sum.digits}E${sum.power}`);
  if (values.some((value) => value instanceof Double)) return new Double(nearest(sum));
  if (BigInt.asIntN(64, sum.digits) !== sum.digits) return new Double(nearest(sum));
  const isLong =
    values.some((value) => value instanceof Long) || BigInt.asIntN(32, sum.digits) !== sum.digits;
  return isLong ? Long.fromBigInt(sum.digits) : new Int32(Number(sum.digits));
}

/** The sum of any numbers as a double, for `$avg`. */
export const sumAsDouble = (values: readonly Numeric[]): number =>
  toNumber(sumOf([...values, new Double(0)]));

export const numbersOf = (values: readonly unknown[]): Numeric[] => values.filter(isNumeric);
