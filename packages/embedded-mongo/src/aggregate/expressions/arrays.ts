import { boolValue, intValue } from '../../bson/make.js';
import { formatValue } from '../../bson/format.js';
import { isNumber, T, typeName } from '../../bson/types.js';
import { elementsOf, MISSING, NULL, readString, type Value } from '../../bson/value.js';
import { CommandError } from '../../errors.js';
import { arrayValue, compareComputed, documentValue } from '../build.js';
import { binary, isNullish, nary, unary, variadic, type Operator, type Operators } from '../operator.js';
import { int32Of } from './numbers.js';

function wrong(code: number, message: string): CommandError {
  return new CommandError(code, message);
}

/** The elements of an array operand; other types fail with `code`. */
export function itemsOf(value: Value, code: number, what: string): Value[] {
  if (value.type !== T.array) throw wrong(code, `${what}${typeName(value.type)}`);
  return elementsOf(value);
}

/** A whole number of 32 bits, or an error: `type` for what is no number, `range` for what does not fit. */
function index(
  value: Value,
  what: string,
  type: number,
  range: number,
  typeText = 'a numeric value',
): number {
  if (!isNumber(value.type)) throw wrong(type, `${what} must be ${typeText}, but is ${typeName(value.type)}`);
  const number = int32Of(value);
  if (number === undefined)
    throw wrong(range, `${what} can't be represented as a 32-bit integer: ${formatValue(value)}`);
  return number;
}

const arrayElemAt = binary((array, at) => {
  if (isNullish(array) || isNullish(at)) return NULL;
  const items = itemsOf(array, 28689, "$arrayElemAt's first argument must be an array, but is ");
  const position = index(at, "$arrayElemAt's second argument", 28690, 28691);
  return items.at(position) ?? MISSING;
});

function end(position: number): Operator {
  return unary((array, name) => {
    if (isNullish(array)) return NULL;
    return itemsOf(array, 28689, `${name}'s argument must be an array, but is `).at(position) ?? MISSING;
  });
}

const concatArrays = variadic((values) => {
  const all: Value[] = [];
  for (const value of values) {
    if (isNullish(value)) return NULL;
    all.push(...itemsOf(value, 28664, '$concatArrays only supports arrays, not '));
  }
  return arrayValue(all);
});

const contains = binary((value, array) => {
  const items = itemsOf(array, 40081, '$in requires an array as a second argument, found: ');
  return boolValue(items.some((item) => compareComputed(item, value) === 0));
});

const indexOfArray = nary(2, 4, ([array, value, from, to]) => {
  if (isNullish(array!)) return NULL;
  const items = itemsOf(array!, 40090, '$indexOfArray requires an array as a first argument, found: ');
  const first = from ? searchBound(from, '$indexOfArray', 'starting') : 0;
  const last = to ? Math.min(searchBound(to, '$indexOfArray', 'ending'), items.length) : items.length;
  for (let i = first; i < last; i++) if (compareComputed(items[i]!, value!) === 0) return intValue(i);
  return intValue(-1);
});

/** The optional bounds of `$indexOfArray`, `$indexOfBytes` and `$indexOfCP`. */
export function searchBound(value: Value, name: string, which: string): number {
  const number = isNumber(value.type) ? int32Of(value) : undefined;
  if (number === undefined) {
    const found = `${typeName(value.type)}, with value: ${formatValue(value)}`;
    throw wrong(40096, `${name} requires an integral ${which} index, found a value of type: ${found}`);
  }
  if (number < 0) throw wrong(40097, `${name} requires a nonnegative ${which} index, found: ${number}`);
  return number;
}

const slice = nary(2, 3, ([array, first, second]) => {
  if (isNullish(array!) || isNullish(first!) || (second && isNullish(second))) return NULL;
  const items = itemsOf(array!, 28724, 'First argument to $slice must be an array, but is of type: ');
  const from = index(first!, 'Second argument to $slice', 28725, 28726);
  if (!second) return arrayValue(from >= 0 ? items.slice(0, from) : items.slice(from));
  const count = index(second, 'Third argument to $slice', 28727, 28728);
  if (count <= 0) throw wrong(28729, `Third argument to $slice must be positive: ${count}`);
  const start = from >= 0 ? from : Math.max(0, items.length + from);
  return arrayValue(items.slice(start, start + count));
});

const MAX_RANGE_BYTES = 64 * 1024 * 1024;

const range = nary(2, 3, ([first, last, by]) => {
  const what = (part: string, value: Value, type: number, fits: number) => {
    if (!isNumber(value.type))
      throw wrong(type, `$range requires a numeric ${part}, found value of type: ${typeName(value.type)}`);
    const number = int32Of(value);
    if (number !== undefined) return number;
    const found = formatValue(value);
    throw wrong(
      fits,
      `$range requires a ${part} that can be represented as a 32-bit integer, found value: ${found}`,
    );
  };
  const start = what('starting value', first!, 34443, 34444);
  const stop = what('ending value', last!, 34445, 34446);
  const step = by ? what('step value', by, 34447, 34448) : 1;
  if (step === 0) throw wrong(34449, '$range requires a non-zero step value');
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (count * 16 > MAX_RANGE_BYTES) throw wrong(146, '$range would use too much memory and cannot spill');
  return arrayValue(Array.from({ length: count }, (_, i) => intValue(start + i * step)));
});

const reverse = unary((array) => {
  if (isNullish(array)) return NULL;
  const items = itemsOf(array, 34435, 'The argument to $reverseArray must be an array, but was of type: ');
  return arrayValue(items.reverse());
});

const size = unary((array) => {
  const text = 'The argument to $size must be an array, but was of type: ';
  return intValue(itemsOf(array, 17124, text).length);
});

const arrayToObject = unary((array) => {
  if (isNullish(array)) return NULL;
  const items = itemsOf(array, 40386, '$arrayToObject requires an array input, found: ');
  const fields = new Map<string, Value>();
  const kind = items[0]?.type;
  if (kind !== undefined && kind !== T.array && kind !== T.object)
    throw wrong(40398, `Unrecognised input type format for $arrayToObject: ${typeName(kind)}`);
  for (const item of items) {
    if (item.type !== kind) {
      const given = kind === T.array ? 'Array' : 'Object';
      throw wrong(
        kind === T.array ? 40396 : 40391,
        `$arrayToObject requires a consistent input format. Elements must all be arrays or all be objects. ${given} was detected, now found: ${typeName(item.type)}`,
      );
    }
    const [key, value] = kind === T.array ? pairOf(item) : keyAndValueOf(item);
    if (key.includes('\0')) throw wrong(4940400, 'Key field cannot contain an embedded null byte');
    fields.set(key, value);
  }
  return documentValue(fields);
});

function pairOf(item: Value): [string, Value] {
  const [key, value, ...more] = elementsOf(item);
  if (!key || !value || more.length > 0) {
    const found = elementsOf(item).length;
    throw wrong(40397, `$arrayToObject requires an array of size 2 arrays,found array of size: ${found}`);
  }
  if (key.type !== T.string) {
    const found = typeName(key.type);
    throw wrong(
      40395,
      `$arrayToObject requires an array of key-value pairs, where the key must be of type string. Found key type: ${found}`,
    );
  }
  return [readString(key), value];
}

function keyAndValueOf(item: Value): [string, Value] {
  const fields = elementsOf(item);
  if (fields.length !== 2) {
    throw wrong(
      40392,
      `$arrayToObject requires an object keys of 'k' and 'v'. Found incorrect number of keys:${fields.length}`,
    );
  }
  const key = fields.find((field) => field.name === 'k');
  const value = fields.find((field) => field.name === 'v');
  if (!key || !value)
    throw wrong(
      40393,
      "$arrayToObject requires an object with keys 'k' and 'v'. Missing either or both keys",
    );
  if (key.type !== T.string) {
    throw wrong(
      40394,
      `$arrayToObject requires an object with keys 'k' and 'v', where the value of 'k' must be of type string. Found type: ${typeName(key.type)}`,
    );
  }
  return [readString(key), value];
}

export const ARRAYS: Operators = {
  $arrayElemAt: arrayElemAt,
  $first: end(0),
  $last: end(-1),
  $concatArrays: concatArrays,
  $in: contains,
  $indexOfArray: indexOfArray,
  $isArray: unary((value) => boolValue(value.type === T.array)),
  $size: size,
  $slice: slice,
  $range: range,
  $reverseArray: reverse,
  $arrayToObject: arrayToObject,
};
