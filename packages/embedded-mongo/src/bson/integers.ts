import { exactNumber } from './compare.js';
import { signed } from './decimal.js';
import { isNumber, T } from './types.js';
import { readLong, readNumber, type Value } from './value.js';

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** A number without its fraction; undefined for what is no number, not finite, or beyond 64 bits. */
export function wholePart(value: Value): bigint | undefined {
  if (!isNumber(value.type)) return undefined;
  if (value.type === T.int) return BigInt(readNumber(value));
  if (value.type === T.long) return readLong(value);
  const exact = exactNumber(value);
  const digits = String(exact.coefficient).length + exact.exponent;
  if (exact.kind !== 'finite' || (digits > 19 && exact.coefficient !== 0n)) return undefined;
  const scale = 10n ** BigInt(Math.min(Math.abs(exact.exponent), 7000));
  const whole =
    exact.exponent < 0 ? signed(exact) / scale : exact.coefficient === 0n ? 0n : signed(exact) * scale;
  return whole < MIN || whole > MAX ? undefined : whole;
}

/** Does a number have a fraction? False for NaN and the infinities. */
export function hasFraction(value: Value): boolean {
  if (value.type !== T.double && value.type !== T.decimal) return false;
  const { kind, coefficient, exponent } = exactNumber(value);
  return kind === 'finite' && exponent < 0 && coefficient % 10n ** BigInt(-exponent) !== 0n;
}
