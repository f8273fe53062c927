import { formatValue } from '../bson/format.js';
import { hasFraction, wholePart } from '../bson/integers.js';
import { isNumber, T, typeOfAlias } from '../bson/types.js';
import {
  elementsOf,
  int32,
  isTruthy,
  nameEnd,
  numberOf,
  readString,
  type Element,
  type Value,
} from '../bson/value.js';
import { badValue, CommandError, ErrorCode, typeMismatch } from '../errors.js';
import type { Filter, Regex } from './filter.js';
import type { Path } from './path.js';
import { compileRegex } from './regex.js';

type Parse = (path: Path, element: Element, siblings: readonly Element[]) => Filter;

const compare =
  (op: 'gt' | 'gte' | 'lt' | 'lte'): Parse =>
  (path, value) => {
    if (value.type === T.regex)
      throw badValue(`Can't have RegEx as arg to predicate over field '${path.text}'.`);
    return { op, path, value };
  };

const bits =
  (all: boolean, set: boolean): Parse =>
  (path, element) => ({ op: 'bits', path, positions: bitPositions(element), all, set });

/** The operators that look at single values. */
const CONDITIONS: Readonly<Record<string, Parse>> = {
  $eq: (path, value) => ({ op: 'eq', path, value }),
  $gt: compare('gt'),
  $gte: compare('gte'),
  $lt: compare('lt'),
  $lte: compare('lte'),
  $exists: (path, element) => {
    const exists: Filter = { op: 'exists', path };
    return isTruthy(element) ? exists : { op: 'not', child: exists };
  },
  $type: (path, element) => ({ op: 'type', path, types: parseTypes(element) }),
  $size: (path, element) => ({ op: 'size', path, size: parseSize(element) }),
  $mod: parseMod,
  $bitsAllSet: bits(true, true),
  $bitsAnySet: bits(false, true),
  $bitsAllClear: bits(true, false),
  $bitsAnyClear: bits(false, false),
  $regex: parseRegexOperator,
  $options: (_path, _element, siblings) => {
    if (!siblings.some((sibling) => sibling.name === '$regex')) throw badValue('$options needs a $regex');
    return { op: 'true' };
  },
  $comment: () => ({ op: 'true' }),
};

export function isConditionName(name: string): boolean {
  return Object.hasOwn(CONDITIONS, name);
}

export function parseCondition(path: Path, element: Element, siblings: readonly Element[]): Filter {
  return CONDITIONS[element.name]!(path, element, siblings);
}

/** A whole number of 64 bits, with MongoDB's words for everything else. */
export function readWhole(element: Element, code: number, context = '', nonNegative = false): number {
  const fail = (what: string) =>
    new CommandError(code, `${context}${what}: ${element.name}: ${formatValue(element)}`);
  if (!isNumber(element.type)) throw fail('Expected a number in');
  if (Number.isNaN(numberOf(element))) throw fail('Expected an integer, but found NaN in');
  const whole = wholePart(element);
  if (whole === undefined) throw fail('Cannot represent as a 64-bit integer');
  if (hasFraction(element)) throw fail('Expected an integer');
  if (nonNegative && whole < 0n) throw fail('Expected a non-negative number in');
  return Number(whole);
}

function parseTypes(element: Element): Set<number> {
  const items = element.type === T.array ? elementsOf(element) : [element];
  if (items.length === 0)
    throw new CommandError(ErrorCode.FailedToParse, '$type must match at least one type');
  return new Set(items.flatMap(parseType));
}

function parseType(item: Value): number[] {
  if (item.type === T.string) {
    const alias = readString(item);
    if (alias === 'number') return [T.double, T.int, T.long, T.decimal];
    const type = typeOfAlias(alias);
    if (type === undefined) throw badValue(`Unknown type name alias: ${alias}`);
    return [type];
  }
  if (!isNumber(item.type)) throw typeMismatch('type must be represented as a number or a string');
  const code = numberOf(item);
  if (code === -1) return [T.minKey];
  if (code === 0) throw badValue('Invalid numerical type code: 0. Instead use {$exists:false}.');
  if (!Number.isInteger(code) || !((code >= 1 && code <= 19) || code === 127)) {
    throw badValue(`Invalid numerical type code: ${formatValue(item)}`);
  }
  return [code];
}

function parseSize(element: Element): number {
  return readWhole(element, ErrorCode.BadValue, 'Failed to parse $size. ', true);
}

function parseMod(path: Path, element: Element): Filter {
  if (element.type !== T.array) throw badValue('malformed mod, needs to be an array');
  const [divisor, remainder, ...more] = elementsOf(element);
  if (!divisor) throw badValue('malformed mod, not enough elements');
  if (!isNumber(divisor.type)) throw badValue('malformed mod, divisor not a number');
  if (!remainder) throw badValue('malformed mod, not enough elements');
  if (!isNumber(remainder.type)) throw badValue('malformed mod, remainder not a number');
  if (more.length > 0) throw badValue('malformed mod, too many elements');
  const read = (value: Value, what: string) => {
    const whole = wholePart(value);
    if (whole !== undefined) return whole;
    const why = Number.isFinite(numberOf(value))
      ? 'Out of bounds coercing to integral value'
      : 'Unable to coerce NaN/Inf to integral type';
    throw badValue(`malformed mod, ${what} value is invalid :: caused by :: ${why}`);
  };
  const by = read(divisor, 'divisor');
  const rest = read(remainder, 'remainder');
  if (by === 0n) throw badValue('divisor cannot be 0');
  return { op: 'mod', path, divisor: by, remainder: rest };
}

/** The bits a `$bits…` operator asks for: given by their positions, as a mask, or as the set bits of binary data. */
function bitPositions(element: Element): number[] {
  const { buf, start, name } = element;
  if (element.type === T.array) return elementsOf(element).map(bitPosition);
  if (element.type === T.binary) {
    const bytes = buf.subarray(start + 5, start + 5 + int32(buf, start));
    return bitsOf(bytes.length * 8, (at) => ((bytes[at >> 3]! >> (at & 7)) & 1) === 1);
  }
  if (!isNumber(element.type)) {
    const shown = `${name}: ${formatValue(element)}`;
    throw badValue(`${name} takes an Array, a number, or a BinData but received: ${shown}`);
  }
  readWhole(element, ErrorCode.FailedToParse, '', true);
  const mask = wholePart(element)!;
  return bitsOf(63, (at) => ((mask >> BigInt(at)) & 1n) === 1n);
}

function bitsOf(count: number, isSet: (at: number) => boolean): number[] {
  return Array.from({ length: count }, (_, at) => at).filter(isSet);
}

function bitPosition(item: Element): number {
  const fail = (what: string) => badValue(`bit positions ${what}: ${item.name}: ${formatValue(item)}`);
  if (!isNumber(item.type)) throw fail('must be an integer but got');
  const position = numberOf(item);
  if (Number.isNaN(position)) throw fail('cannot take a NaN');
  if (Math.abs(position) >= 2 ** 31) throw fail('cannot be represented as a 32-bit signed integer');
  if (!Number.isInteger(position)) throw fail('must be an integer but got');
  if (position < 0) throw fail('must be >= 0 but got');
  return position;
}

export function regexFilter(path: Path, value: Value): Extract<Filter, { op: 'regex' }> {
  const { buf, start, end } = value;
  const middle = nameEnd(buf, start);
  const options = buf.toString('utf8', middle + 1, end - 1);
  return { op: 'regex', path, regex: regexOf(buf.toString('utf8', start, middle), options) };
}

function regexOf(source: string, options: string): Regex {
  if (source.includes('\0')) throw badValue('Regular expression cannot contain an embedded null byte');
  return { pattern: compileRegex(source, options), source, options };
}

function parseRegexOperator(path: Path, element: Element, siblings: readonly Element[]): Filter {
  const options = siblings.find((sibling) => sibling.name === '$options');
  if (options && options.type !== T.string) throw badValue('$options has to be a string');
  if (element.type === T.regex) {
    const filter = regexFilter(path, element);
    if (!options) return filter;
    if (filter.regex.options !== '') {
      const code = siblings.indexOf(options) < siblings.indexOf(element) ? 51074 : 51075;
      throw new CommandError(code, 'options set in both $regex and $options');
    }
    return { ...filter, regex: regexOf(filter.regex.source, readString(options)) };
  }
  if (element.type !== T.string) throw badValue('$regex has to be a string');
  return { op: 'regex', path, regex: regexOf(readString(element), options ? readString(options) : '') };
}
