import { add, asDecimal, negate } from '../../bson/decimal-math.js';
import { decimalValue, exactDouble, finite, type Decimal } from '../../bson/decimal.js';
import { doubleValue, intValue, longValue } from '../../bson/make.js';
import { T } from '../../bson/types.js';
import { readLong, readNumber, type Value } from '../../bson/value.js';
import { unsupported } from '../../errors.js';

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

export function fitsLong(value: bigint): boolean {
  return value >= LONG_MIN && value <= LONG_MAX;
}

/** An int32 where it fits, else a Long. The value fits a Long. */
export function intOrLong(value: bigint): Value {
  return BigInt.asIntN(32, value) === value ? intValue(Number(value)) : longValue(value);
}

/** The whole number of an int32 or a Long. */
export function wholeOf(value: Value): bigint {
  return value.type === T.long ? readLong(value) : BigInt(readNumber(value));
}

/** A number as an index or a count; undefined if it is no whole number of 32 bits. */
export function int32Of(value: Value): number | undefined {
  if (value.type === T.decimal) throw unsupported('Decimal128 as an index or a count');
  const number = readNumber(value);
  return number === (number | 0) ? number | 0 : undefined;
}

/**
 * MongoDB's sum: whole numbers exactly, doubles with the rounding error carried along, decimals by themselves. The widest
 * type that came in is the result's.
 */
export class Sum {
  private type: number = T.int;
  private small = 0;
  private whole = 0n;
  private high = 0;
  private low = 0;
  private special = 0;
  private decimals: Decimal | undefined;

  add(value: Value): void {
    switch (value.type) {
      case T.int:
        this.addSmall(readNumber(value));
        break;
      case T.long:
        if (this.type === T.int) this.type = T.long;
        this.whole += readLong(value);
        break;
      case T.double:
        if (this.type !== T.decimal) this.type = T.double;
        this.addDouble(readNumber(value));
        break;
      default:
        this.type = T.decimal;
        this.decimals = add(this.decimals ?? finite(0n, 0), asDecimal(value));
    }
  }

  result(): Value {
    const whole = this.integer();
    if (this.type === T.decimal) {
      const doubles = Number.isFinite(this.high)
        ? add(exactly(this.high), exactly(this.low))
        : exactDouble(this.special);
      return decimalValue([doubles, finite(whole, 0)].reduce(add, this.decimals!));
    }
    if (this.type === T.double || !fitsLong(whole)) return doubleValue(this.doubles(whole));
    return this.type === T.long ? longValue(whole) : intOrLong(whole);
  }

  /** The sum as a double, whatever came in; not of decimals. */
  double(): number {
    return this.doubles(this.integer());
  }

  get isDecimal(): boolean {
    return this.type === T.decimal;
  }

  /** The sum as whole milliseconds, halves away from zero; undefined if it is none. */
  millis(): bigint | undefined {
    if (this.isDecimal) throw unsupported('Decimal128 in date arithmetic');
    if (this.type !== T.double) return this.integer();
    const double = this.double();
    return Number.isFinite(double) ? BigInt(Math.sign(double) * Math.round(Math.abs(double))) : undefined;
  }

  private addSmall(value: number): void {
    this.small += value;
    if (Math.abs(this.small) > 2 ** 52) this.integer();
  }

  private integer(): bigint {
    this.whole += BigInt(this.small);
    this.small = 0;
    return this.whole;
  }

  private addDouble(value: number): void {
    this.special += value;
    const sum = this.high + value;
    const part = sum - this.high;
    this.low += this.high - (sum - part) + (value - part);
    this.high = sum;
  }

  private doubles(whole: bigint): number {
    if (!Number.isFinite(this.high)) return this.special + Number(whole);
    const copy = new Sum();
    copy.addDouble(this.high);
    copy.addDouble(this.low);
    copy.addDouble(Number(whole >> 32n) * 2 ** 32);
    copy.addDouble(Number(whole & 0xffffffffn));
    const total = copy.high + copy.low;
    return Number.isNaN(total) ? copy.special : total;
  }
}

/** A double with all its digits and no zeros behind them. */
function exactly(double: number): Decimal {
  const exact = exactDouble(double);
  let { coefficient, exponent } = exact;
  while (exponent < 0 && coefficient % 10n === 0n) {
    coefficient /= 10n;
    exponent++;
  }
  return { ...exact, coefficient, exponent };
}

/** `left - right` of decimals or of numbers of any other type. */
export function subtractDecimals(left: Value, right: Value): Value {
  return decimalValue(add(asDecimal(left), negate(asDecimal(right))));
}
