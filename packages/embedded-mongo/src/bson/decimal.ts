import { T } from './types.js';

/** A number as `±coefficient × 10^exponent`, exactly; or not finite. */
export interface Decimal {
  readonly kind: 'finite' | 'infinity' | 'nan';
  readonly negative: boolean;
  readonly coefficient: bigint;
  readonly exponent: number;
}

const DIGITS = 34;
const MIN_EXPONENT = -6176;
const MAX_EXPONENT = 6111;
const LARGEST = 10n ** BigInt(DIGITS) - 1n;

export function finite(signed: bigint, exponent: number): Decimal {
  const negative = signed < 0n;
  return { kind: 'finite', negative, coefficient: negative ? -signed : signed, exponent };
}

const special = (kind: 'infinity' | 'nan', negative = false): Decimal => {
  return { kind, negative, coefficient: 0n, exponent: 0 };
};
export const NAN = special('nan');
export const infinity = (negative: boolean) => special('infinity', negative);

/** Reads the 16 bytes of a Decimal128 (binary integer form); a coefficient beyond 34 digits counts as 0. */
export function readDecimal({ buf, start }: { readonly buf: Buffer; readonly start: number }): Decimal {
  const high = buf.readBigUInt64LE(start + 8);
  const negative = high >> 63n === 1n;
  const form = Number((high >> 58n) & 31n);
  if (form === 31) return NAN;
  if (form === 30) return infinity(negative);
  const large = form >= 24;
  const exponent = Number((high >> (large ? 47n : 49n)) & 0x3fffn) + MIN_EXPONENT;
  const coefficient = large ? 0n : ((high & 0x1ffffffffffffn) << 64n) | buf.readBigUInt64LE(start);
  return { kind: 'finite', negative, coefficient: coefficient > LARGEST ? 0n : coefficient, exponent };
}

/** A Decimal128, rounded half to even to 34 digits; too large becomes infinity. */
export function decimalValue(decimal: Decimal) {
  const { kind, negative, coefficient, exponent } = fitted(decimal);
  let high: bigint;
  if (kind === 'finite') high = (BigInt(exponent - MIN_EXPONENT) << 49n) | (coefficient >> 64n);
  else high = (kind === 'nan' ? 31n : 30n) << 58n;
  const buf = Buffer.allocUnsafe(16);
  buf.writeBigUInt64LE(coefficient & 0xffffffffffffffffn, 0);
  buf.writeBigUInt64LE(high | (negative ? 1n << 63n : 0n), 8);
  return { buf, type: T.decimal, start: 0, end: 16 };
}

function fitted(decimal: Decimal): Decimal {
  if (decimal.kind !== 'finite') return decimal;
  const { negative } = decimal;
  let { coefficient, exponent } = rounded(decimal, DIGITS);
  if (coefficient === 0n) exponent = Math.min(MAX_EXPONENT, exponent);
  else if (exponent > MAX_EXPONENT) {
    coefficient *= 10n ** BigInt(Math.min(exponent - MAX_EXPONENT, DIGITS));
    if (coefficient > LARGEST) return infinity(negative);
    exponent = MAX_EXPONENT;
  }
  return { kind: 'finite', negative, coefficient, exponent };
}

/** At most so many digits, none below the least exponent; half goes to the even neighbour. */
function rounded(decimal: Decimal, digits: number): Decimal {
  const { coefficient, exponent } = decimal;
  const drop = Math.max(String(coefficient).length - digits, MIN_EXPONENT - exponent);
  if (drop <= 0) return decimal;
  const unit = 10n ** BigInt(drop);
  const kept = coefficient / unit;
  const twice = (coefficient % unit) * 2n;
  const up = twice > unit || (twice === unit && kept % 2n === 1n);
  const next = { ...decimal, coefficient: up ? kept + 1n : kept, exponent: exponent + drop };
  return up ? rounded(next, digits) : next;
}

const scratch = Buffer.alloc(8);

/** All of a double's digits. */
export function exactDouble(double: number): Decimal {
  if (Number.isNaN(double)) return NAN;
  if (!Number.isFinite(double)) return infinity(double < 0);
  scratch.writeDoubleBE(double);
  const bits = scratch.readBigUInt64BE();
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const power = Math.max(biased, 1) - 1075;
  const negative = double < 0 || Object.is(double, -0);
  return power >= 0
    ? { kind: 'finite', negative, coefficient: mantissa << BigInt(power), exponent: 0 }
    : { kind: 'finite', negative, coefficient: mantissa * 5n ** BigInt(-power), exponent: power };
}

/** A double as MongoDB makes it a Decimal128 for arithmetic: with 15 digits. */
export function fromDouble(double: number): Decimal {
  const exact = exactDouble(double);
  if (exact.kind !== 'finite' || double === 0)
    return exact.kind === 'finite' ? { ...exact, exponent: 0 } : exact;
  const short = rounded(rounded(exact, DIGITS), 15);
  const missing = 15 - String(short.coefficient).length;
  const coefficient = short.coefficient * 10n ** BigInt(missing);
  return { ...short, coefficient, exponent: short.exponent - missing };
}

/** The nearest double. */
export function toDouble({ kind, negative, coefficient, exponent }: Decimal): number {
  if (kind === 'nan') return NaN;
  const magnitude = kind === 'infinity' ? Infinity : Number(`${coefficient}e${exponent}`);
  return negative ? -magnitude : magnitude;
}

/** The order of two numbers, exactly; NaN is the lowest. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.kind !== 'finite' || b.kind !== 'finite') {
    const rank = ({ kind, negative }: Decimal) =>
      kind === 'nan' ? -2 : kind === 'finite' ? 0 : negative ? -1 : 1;
    return Math.sign(rank(a) - rank(b));
  }
  const low = Math.min(a.exponent, b.exponent);
  const left = signed(a) * 10n ** BigInt(a.exponent - low);
  const right = signed(b) * 10n ** BigInt(b.exponent - low);
  return left < right ? -1 : Number(left > right);
}

export function signed({ negative, coefficient }: Decimal): bigint {
  return negative ? -coefficient : coefficient;
}

/** As MongoDB writes it: plain where that is short, else `1.5E+10`. */
export function decimalText({ kind, negative, coefficient, exponent }: Decimal): string {
  if (kind === 'nan') return 'NaN';
  const sign = negative ? '-' : '';
  if (kind === 'infinity') return `${sign}Infinity`;
  const digits = String(coefficient);
  const adjusted = exponent + digits.length - 1;
  if (exponent <= 0 && adjusted >= -6) {
    const padded = digits.padStart(1 - exponent, '0');
    const point = padded.length + exponent;
    return `${sign}${padded.slice(0, point)}${exponent < 0 ? `.${padded.slice(point)}` : ''}`;
  }
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  return `${sign}${mantissa}E${adjusted < 0 ? '' : '+'}${adjusted}`;
}
