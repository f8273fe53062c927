import { Decimal128, Double } from 'mongodb';
import { toNumber, type Numeric } from './value.js';

interface Parts {
  sign: bigint;
  digits: bigint;
  power: number;
}

/** `$inc` and `$mul` where one side is a decimal. */
export function decimalArithmetic(operator: '+' | '*', left: Numeric, right: Numeric): Decimal128 {
  const [a, b] = [partsOf(left), partsOf(right)];
  if (a === undefined || b === undefined) {
    // What is not finite follows the rules of doubles.
    const [x, y] = [a ? sizeOf(a) : toNumber(left), b ? sizeOf(b) : toNumber(right)];
    return Decimal128.fromString(String(operator === '+' ? x + y : x * y));
  }
  if (operator === '*') {
    return rounded({ sign: a.sign * b.sign, digits: a.digits * b.digits, power: a.power + b.power });
  }
  const power = Math.min(a.power, b.power);
  const sum = [a, b].reduce(
    (total, part) => total + part.sign * part.digits * 10n ** BigInt(part.power - power),
    0n,
  );
  const negative = sum < 0n || (sum === 0n && a.sign < 0n && b.sign < 0n);
  return rounded({ sign: negative ? -1n : 1n, digits: sum < 0n ? -sum : sum, power });
}

/** A finite number's part in a calculation with infinity. */
const sizeOf = ({ sign, digits }: Parts): number => Number(sign) * (digits === 0n ? 0 : 1);

/** Undefined for NaN and infinity. A double counts with 15 digits. */
function partsOf(value: Numeric): Parts | undefined {
  if (!Number.isFinite(toNumber(value)) && !/\d/.test(value.toString())) return undefined;
  const isDouble = value instanceof Double && value.value !== 0;
  const zero = value instanceof Double && Object.is(value.value, -0) ? '-0' : value.toString();
  const text = isDouble ? value.value.toExponential(14) : zero;
  const [, sign, whole, fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  return {
    sign: sign === '-' ? -1n : 1n,
    digits: BigInt(`${whole}${fraction}`),
    power: Number(power) - fraction.length,
  };
}

function rounded({ sign, digits, power }: Parts): Decimal128 {
  let [rest, place] = [digits, power];
  let [half, dust] = [0n, false];
  while (String(rest).length > 34 || place < -6176) {
    dust ||= half > 0n;
    half = rest % 10n;
    [rest, place] = [rest / 10n, place + 1];
  }
  const up = half > 5n || (half === 5n && (dust || rest % 2n === 1n));
  if (up) return rounded({ sign, digits: rest + 1n, power: place });
  while (place > 6111 && (rest === 0n || String(rest).length < 34)) {
    if (rest === 0n) place = 6111;
    else [rest, place] = [rest * 10n, place - 1];
  }
  const prefix = sign < 0n ? '-' : '';
  return Decimal128.fromString(place > 6111 ? `${prefix}Infinity` : `${prefix}${rest}E${place}`);
}
