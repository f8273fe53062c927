import { finite, fromDouble, infinity, NAN, readDecimal, signed, type Decimal } from './decimal.js';
import { T } from './types.js';
import { readLong, readNumber, type Value } from './value.js';

/** A number of any type as a decimal operand; a double brings 15 digits, as in MongoDB. */
export function asDecimal(value: Value): Decimal {
  if (value.type === T.decimal) return readDecimal(value);
  if (value.type === T.double) return fromDouble(readNumber(value));
  return finite(value.type === T.long ? readLong(value) : BigInt(readNumber(value)), 0);
}

/** The results are exact, `decimalValue` rounds them; a quotient carries enough digits and a mark for the rest. */
export function add(a: Decimal, b: Decimal): Decimal {
  if (a.kind === 'nan' || b.kind === 'nan') return NAN;
  if (a.kind === 'infinity') return b.kind === 'infinity' && a.negative !== b.negative ? NAN : a;
  if (b.kind === 'infinity') return b;
  const exponent = Math.min(a.exponent, b.exponent);
  const scaled = (decimal: Decimal) => signed(decimal) * 10n ** BigInt(decimal.exponent - exponent);
  const sum = finite(scaled(a) + scaled(b), exponent);
  return sum.coefficient === 0n ? { ...sum, negative: a.negative && b.negative } : sum;
}

export function negate(a: Decimal): Decimal {
  return { ...a, negative: !a.negative };
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  if (a.kind === 'nan' || b.kind === 'nan') return NAN;
  const negative = a.negative !== b.negative;
  if (a.kind === 'infinity' || b.kind === 'infinity') {
    return isZero(a) || isZero(b) ? NAN : infinity(negative);
  }
  const coefficient = a.coefficient * b.coefficient;
  return { kind: 'finite', negative, coefficient, exponent: a.exponent + b.exponent };
}

/** `b` is not zero: MongoDB refuses that before. */
export function divide(a: Decimal, b: Decimal): Decimal {
  if (a.kind === 'nan' || b.kind === 'nan') return NAN;
  const negative = a.negative !== b.negative;
  if (a.kind === 'infinity') return b.kind === 'infinity' ? NAN : infinity(negative);
  if (b.kind === 'infinity') return { kind: 'finite', negative, coefficient: 0n, exponent: -6176 };
  const ideal = a.exponent - b.exponent;
  const shift = Math.max(0, 36 - String(a.coefficient).length + String(b.coefficient).length);
  const scaled = a.coefficient * 10n ** BigInt(shift);
  let coefficient = scaled / b.coefficient;
  let exponent = ideal - shift;
  if (scaled % b.coefficient !== 0n)
    return { kind: 'finite', negative, coefficient: coefficient * 10n + 1n, exponent: exponent - 1 };
  if (coefficient === 0n) exponent = ideal;
  while (exponent < ideal && coefficient % 10n === 0n) {
    coefficient /= 10n;
    exponent++;
  }
  return { kind: 'finite', negative, coefficient, exponent };
}

function isZero(a: Decimal): boolean {
  return a.kind === 'finite' && a.coefficient === 0n;
}
