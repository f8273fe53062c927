import { intValue, stringValue } from '../../bson/make.js';
import { formatValue } from '../../bson/format.js';
import { isNumber, T, typeName } from '../../bson/types.js';
import { NULL, numberOf, readString, type Value } from '../../bson/value.js';
import { CommandError } from '../../errors.js';
import { arrayValue } from '../build.js';
import {
  binary,
  isNullish,
  named,
  nary,
  unary,
  variadic,
  type Operator,
  type Operators,
} from '../operator.js';
import { searchBound } from './arrays.js';
import { int32Of } from './numbers.js';
import { coerceToString } from './text.js';

function wrong(code: number, message: string): CommandError {
  return new CommandError(code, message);
}

function text(value: Value, code: number, message: string): string {
  if (value.type !== T.string) throw wrong(code, message + typeName(value.type));
  return readString(value);
}

const concat = variadic((values) => {
  let all = '';
  for (const value of values) {
    if (isNullish(value)) return NULL;
    all += text(value, 16702, '$concat only supports strings, not ');
  }
  return stringValue(all);
});

const toUpper = (value: string) => value.replace(/[a-z]+/g, (part) => part.toUpperCase());
const toLower = (value: string) => value.replace(/[A-Z]+/g, (part) => part.toLowerCase());

const compareIgnoringCase = binary((left, right) => {
  const order = Buffer.compare(
    Buffer.from(toUpper(coerceToString(left))),
    Buffer.from(toUpper(coerceToString(right))),
  );
  return intValue(order);
});

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

const substrBytes = nary(3, 3, ([value, from, count], name) => {
  const bytes = Buffer.from(coerceToString(value!));
  const whole = (given: Value, code: number, what: string) => {
    if (!isNumber(given.type))
      throw wrong(code, `${name}:  ${what} must be a numeric type (is BSON type ${typeName(given.type)})`);
    return Math.trunc(numberOf(given));
  };
  const start = whole(from!, 16034, 'starting index');
  const length = whole(count!, 16035, 'length');
  if (start < 0) throw wrong(50752, `${name}: starting index must be non-negative (got: ${start})`);
  const end = length < 0 ? bytes.length : Math.min(bytes.length, start + length);
  if (isContinuation(bytes[start]))
    throw wrong(28656, `${name}:  Invalid range, starting index is a UTF-8 continuation byte.`);
  if (isContinuation(bytes[end]))
    throw wrong(28657, `${name}:  Invalid range, ending index is in the middle of a UTF-8 character.`);
  return stringValue(bytes.toString('utf8', Math.min(start, bytes.length), Math.max(end, start)));
});

const substrCP = nary(3, 3, ([value, from, count]) => {
  const points = [...coerceToString(value!)];
  const whole = (given: Value, codes: readonly [number, number], what: string) => {
    if (!isNumber(given.type))
      throw wrong(
        codes[0],
        `$substrCP: ${what} must be a numeric type (is BSON type ${typeName(given.type)})`,
      );
    const number = int32Of(given);
    if (number === undefined)
      throw wrong(
        codes[1],
        `$substrCP: ${what} cannot be represented as a 32-bit integral value: ${formatValue(given)}`,
      );
    return number;
  };
  const start = whole(from!, [34450, 34451], 'starting index');
  const length = whole(count!, [34452, 34453], 'length');
  if (length < 0) throw wrong(34454, '$substrCP: length must be a nonnegative integer.');
  if (start < 0) throw wrong(34455, '$substrCP: the starting index must be nonnegative integer.');
  return stringValue(points.slice(start, start + length).join(''));
});

const split = binary((value, separator) => {
  if (isNullish(value) || isNullish(separator)) return NULL;
  const what = '$split requires an expression that evaluates to a string as a';
  const all = text(value, 40085, `${what} first argument, found: `);
  const by = text(separator, 40086, `${what} second argument, found: `);
  if (by === '') throw wrong(40087, '$split requires a non-empty separator');
  return arrayValue(all.split(by).map(stringValue));
});

/** `$indexOfBytes` and `$indexOfCP`, which count in bytes or in code points. */
function indexOf(
  codes: readonly [number, number],
  unitsOf: (value: string) => readonly unknown[] | Buffer,
): Operator {
  return nary(2, 4, ([value, token, from, to], name) => {
    if (isNullish(value!)) return NULL;
    const all = unitsOf(text(value!, codes[0], `${name} requires a string as the first argument, found: `));
    const part = unitsOf(text(token!, codes[1], `${name} requires a string as the second argument, found: `));
    const first = from ? searchBound(from, name, 'starting') : 0;
    const last = Math.min(to ? searchBound(to, name, 'ending') : all.length, all.length);
    for (let at = first; at + part.length <= last; at++) {
      let i = 0;
      while (i < part.length && all[at + i] === part[i]) i++;
      if (i === part.length) return intValue(at);
    }
    return intValue(-1);
  });
}

const TRIM = { notObject: 50696, unknown: 50694, missing: [50695] };
/** What MongoDB trims when no `chars` are given. */
const SPACES = [
  ...'\0\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a',
];

function trim(left: boolean, right: boolean): Operator {
  return named(['input', 'chars'], TRIM, ({ input, chars }, name) => {
    if (isNullish(input!)) return NULL;
    const points = [...trimText(input!, 50699, `${name} requires its input to be a string`)];
    if (chars && isNullish(chars)) return NULL;
    const set = new Set(chars ? trimText(chars, 50700, `${name} requires 'chars' to be a string`) : SPACES);
    let start = 0;
    let end = points.length;
    if (left) while (start < end && set.has(points[start]!)) start++;
    if (right) while (end > start && set.has(points[end - 1]!)) end--;
    return stringValue(points.slice(start, end).join(''));
  });
}

function trimText(value: Value, code: number, what: string): string {
  if (value.type === T.string) return readString(value);
  throw wrong(code, `${what}, got ${formatValue(value)} (of type ${typeName(value.type)}) instead.`);
}

const REPLACE = { notObject: 51751, unknown: 51750, missing: [51749, 51748, 51747] };

function replace(all: boolean): Operator {
  return named(['input', 'find', 'replacement'], REPLACE, ({ input, find, replacement }, name) => {
    const read = (value: Value, what: string, code: number) =>
      isNullish(value)
        ? undefined
        : text(value, code, `${name} requires that '${what}' be a string, found: `);
    const subject = read(input!, 'input', 51746);
    const wanted = read(find!, 'find', 51745);
    const by = read(replacement!, 'replacement', 51744);
    if (subject === undefined || wanted === undefined || by === undefined) return NULL;
    return stringValue(all ? subject.replaceAll(wanted, () => by) : subject.replace(wanted, () => by));
  });
}

export const STRINGS: Operators = {
  $binarySize: unary((value) => {
    if (isNullish(value)) return NULL;
    if (value.type === T.string || value.type === T.binary) return intValue(value.end - value.start - 5);
    throw wrong(51276, `$binarySize requires a string or BinData argument, found: ${typeName(value.type)}`);
  }),
  $concat: concat,
  $toUpper: unary((value) => stringValue(toUpper(coerceToString(value)))),
  $toLower: unary((value) => stringValue(toLower(coerceToString(value)))),
  $strcasecmp: compareIgnoringCase,
  $substr: substrBytes,
  $substrBytes: substrBytes,
  $substrCP: substrCP,
  $strLenBytes: unary((value) =>
    intValue(Buffer.byteLength(text(value, 34473, '$strLenBytes requires a string argument, found: '))),
  ),
  $strLenCP: unary((value) =>
    intValue([...text(value, 34471, '$strLenCP requires a string argument, found: ')].length),
  ),
  $split: split,
  $indexOfBytes: indexOf([40091, 40092], Buffer.from),
  $indexOfCP: indexOf([40093, 40094], (value) => [...value]),
  $trim: trim(true, true),
  $ltrim: trim(true, false),
  $rtrim: trim(false, true),
  $replaceOne: replace(false),
  $replaceAll: replace(true),
};
