import { Decimal128, Double, Int32, Long, serialize } from 'bson';
import { compareValues } from './compare.js';
import { add, asDecimal, divide, multiply, negate } from './decimal-math.js';
import { decimalText, decimalValue, fromDouble, readDecimal, toDouble, type Decimal } from './decimal.js';
import { findByName, objectValue, type Value } from './value.js';

const valueOf = (value: unknown): Value =>
  findByName(objectValue(Buffer.from(serialize({ v: value }))), 'v')!;
const decimal = (text: string): Decimal => readDecimal(valueOf(Decimal128.fromString(text)));
const text = (value: Decimal): string => decimalText(readDecimal(decimalValue(value)));

describe('Decimal128', () => {
  it.each(
    `0 -0 0.00 1 -1.50 1E+3 0.000001 1E-7 123456789012345678901234567890.1234 9.999999999999999999999999999999999E+6144
     1E-6176 Infinity -Infinity NaN 0E+10 0E-10`.split(/\s+/),
  )('reads, writes and shows %s as the driver does', (given) => {
    expect(decimalText(decimal(given))).toBe(Decimal128.fromString(given).toString());
    expect(decimalText(readDecimal(decimalValue(decimal(given))))).toBe(
      Decimal128.fromString(given).toString(),
    );
  });

  it('takes a coefficient beyond 34 digits for zero', () => {
    const bytes = Buffer.from('ffffffffffffffffffffffffffff4130', 'hex');
    expect(decimalText(readDecimal({ buf: bytes, start: 0 }))).toBe('0');
  });

  it.each([
    ['0.1', new Double(0.1), -1],
    ['0.1', new Double(0.2), -1],
    ['0.5', new Double(0.5), 0],
    ['1.0', new Int32(1), 0],
    ['9007199254740993', Long.fromString('9007199254740993'), 0],
    ['9007199254740993', new Double(9007199254740992), 1],
    ['1E-6176', new Int32(0), 1],
    ['-0', new Int32(0), 0],
    ['1E+400', new Double(Infinity), -1],
    ['-1E+400', new Double(-Infinity), 1],
    ['NaN', new Double(NaN), 0],
    ['NaN', new Double(-Infinity), -1],
  ])('compares %s with a number of another type exactly', (left, right, order) => {
    expect(compareValues(valueOf(Decimal128.fromString(left)), valueOf(right))).toBe(order);
    expect(compareValues(valueOf(right), valueOf(Decimal128.fromString(left)))).toBe(0 - order);
  });

  it('gives the nearest double and takes a double with 15 digits', () => {
    expect(toDouble(decimal('0.1'))).toBe(0.1);
    expect(
      [0.1, 1, -2.5, 9999999.4999999999, 100000000000000.5, 0].map((double) => text(fromDouble(double))),
    ).toEqual([
      '0.100000000000000',
      '1.00000000000000',
      '-2.50000000000000',
      '9999999.50000000',
      '100000000000000',
      '0',
    ]);
  });

  it.each<[string, Decimal, string]>([
    ['1.10 + 2.205', add(decimal('1.10'), decimal('2.205')), '3.305'],
    ['1 - 1.0', add(decimal('1'), negate(decimal('1.0'))), '0.0'],
    ['infinity - infinity', add(decimal('Infinity'), decimal('-Infinity')), 'NaN'],
    ['1E+40 + 1', add(decimal('1E+40'), decimal('1')), '1.000000000000000000000000000000000E+40'],
    ['1.5 * 2.00', multiply(decimal('1.5'), decimal('2.00')), '3.000'],
    ['infinity * 0', multiply(decimal('Infinity'), decimal('0')), 'NaN'],
    ['9E+6144 * 10', multiply(decimal('9E+6144'), decimal('10')), 'Infinity'],
    ['1 / 3', divide(decimal('1'), decimal('3')), '0.3333333333333333333333333333333333'],
    ['2 / 3', divide(decimal('2'), decimal('3')), '0.6666666666666666666666666666666667'],
    ['1 / 4', divide(decimal('1'), decimal('4')), '0.25'],
    ['100 / 10', divide(decimal('100'), decimal('10')), '10'],
    [
      'half to even',
      add(decimal('1000000000000000000000000000000000'), decimal('0.5')),
      '1000000000000000000000000000000000',
    ],
    ['int + decimal', add(asDecimal(valueOf(new Int32(1))), decimal('0.5')), '1.5'],
  ])('%s', (_what, result, expected) => {
    expect(text(result)).toBe(expected);
  });
});
