import { compareValues } from '../bson/compare.js';
import { hasFraction, wholePart } from '../bson/integers.js';
import { isNumber, rankOf, T } from '../bson/types.js';
import { elements, int32, isTruthy, numberOf, readString, type Value } from '../bson/value.js';
import { badValue } from '../errors.js';
import type { Comparison, ElemMatch, Filter, Regex } from './filter.js';
import { somePathValue, type Path } from './path.js';

/** Does the document at `start` match? */
export type Matcher = (buf: Buffer, start: number) => boolean;
type Test = (value: Value) => boolean;

/** Compiles a filter over documents. */
export function compileFilter(filter: Filter): Matcher {
  switch (filter.op) {
    case 'true':
      return () => true;
    case 'false':
      return () => false;
    case 'and': {
      const children = filter.children.map(compileFilter);
      return (buf, start) => {
        for (const child of children) if (!child(buf, start)) return false;
        return true;
      };
    }
    case 'or': {
      const children = filter.children.map(compileFilter);
      return (buf, start) => children.some((child) => child(buf, start));
    }
    case 'nor': {
      const children = filter.children.map(compileFilter);
      return (buf, start) => !children.some((child) => child(buf, start));
    }
    case 'not': {
      const child = compileFilter(filter.child);
      return (buf, start) => !child(buf, start);
    }
    case 'expr': {
      const { expression } = filter;
      return (buf, start) =>
        isTruthy(expression({ buf, type: T.object, start, end: start + int32(buf, start) }));
    }
    default: {
      const test = leafTest(filter);
      const { path } = filter;
      const expand = expands(filter);
      return (buf, start) => somePathValue(buf, start, path, test, expand);
    }
  }
}

/**
 * Compiles a filter over single values: the operators of `$elemMatch: {$gt: 1}`, which take a value that is an array as a
 * whole, and of `$pull: {a: {$gt: 1}}`, which also try its elements (`expand`).
 */
export function compileValueFilter(filter: Filter, expand: boolean): Test {
  switch (filter.op) {
    case 'true':
      return () => true;
    case 'false':
      return () => false;
    case 'and': {
      const children = filter.children.map((child) => compileValueFilter(child, expand));
      return (value) => children.every((child) => child(value));
    }
    case 'or': {
      const children = filter.children.map((child) => compileValueFilter(child, expand));
      return (value) => children.some((child) => child(value));
    }
    case 'nor': {
      const children = filter.children.map((child) => compileValueFilter(child, expand));
      return (value) => !children.some((child) => child(value));
    }
    case 'not': {
      const child = compileValueFilter(filter.child, expand);
      return (value) => !child(value);
    }
    case 'expr':
      throw badValue('$expr can only be applied to the top-level document');
    default: {
      const test = leafTest(filter);
      if (!expand || !expands(filter)) return test;
      return (value) => {
        if (value.type === T.array) {
          for (const element of elements(value.buf, value.start)) if (test(element)) return true;
        }
        return test(value);
      };
    }
  }
}

export type Leaf = Extract<Filter, { path: Path }>;

export function expands(leaf: Leaf): boolean {
  return leaf.op !== 'exists' && leaf.op !== 'size' && leaf.op !== 'elemMatch';
}

export function leafTest(leaf: Leaf): Test {
  switch (leaf.op) {
    case 'exists':
      return (value) => value.type !== T.missing;
    case 'type':
      return (value) => leaf.types.has(value.type);
    case 'size':
      return (value) => value.type === T.array && countElements(value) === leaf.size;
    case 'mod':
      return (value) => {
        const whole = wholePart(value);
        return whole !== undefined && whole % leaf.divisor === leaf.remainder;
      };
    case 'bits':
      return bitsTest(leaf);
    case 'regex':
      return regexTest(leaf.regex);
    case 'in': {
      if (leaf.patterns.length === 0 && leaf.values.length > 16 && leaf.values.every(byBytes)) {
        return memberTest(leaf.values);
      }
      const values = leaf.values.map((value) => comparisonTest({ op: 'eq', path: leaf.path, value }));
      const patterns = leaf.patterns.map(regexTest);
      const tests = [...values, ...patterns];
      return (value) => tests.some((test) => test(value));
    }
    case 'elemMatch': {
      const test = elementTest(leaf);
      return (value) => value.type === T.array && some(value, test);
    }
    default:
      return comparisonTest(leaf);
  }
}

/** What an element of the array must be. */
export function elementTest({ child, ofValues }: ElemMatch): Test {
  if (ofValues) return compileValueFilter(child, false);
  const matches = compileFilter(child);
  return ({ type, buf, start }) => (type === T.object || type === T.array) && matches(buf, start);
}

function some(array: Value, test: Test): boolean {
  for (const element of elements(array.buf, array.start)) if (test(element)) return true;
  return false;
}

function countElements(array: Value): number {
  let count = 0;
  for (const _ of elements(array.buf, array.start)) count++;
  return count;
}

/** Numbers are two's complement of any width; binary data has no bits behind its end. */
function bitsTest({ positions, all, set }: Extract<Leaf, { op: 'bits' }>): Test {
  const decide = (isSet: (at: number) => boolean) =>
    all ? positions.every((at) => isSet(at) === set) : positions.some((at) => isSet(at) === set);
  return (value) => {
    const { buf, start } = value;
    if (value.type === T.binary) {
      const length = int32(buf, start);
      return decide((at) => at < length * 8 && ((buf[start + 5 + (at >> 3)]! >> (at & 7)) & 1) === 1);
    }
    const whole = wholePart(value);
    if (whole === undefined || hasFraction(value)) return false;
    return decide((at) => ((whole >> BigInt(Math.min(at, 63))) & 1n) === 1n);
  };
}

function regexTest({ pattern, source, options }: Regex): Test {
  return (value) => {
    if (value.type === T.string) return pattern.test(readString(value));
    if (value.type !== T.regex) return false;
    const { buf, start, end } = value;
    return buf.toString('utf8', start, end) === `${source}\0${options}\0`;
  };
}

/** A comparison matches only values of the operand's type rank; null also stands for a missing field. */
function comparisonTest({ op, value: operand }: Comparison): Test {
  const rank = rankOf(operand.type);
  if (operand.type === T.minKey || operand.type === T.maxKey) return extremeTest(op, operand);
  if (rank === rankOf(T.null)) {
    const matches = op === 'eq' || op === 'gte' || op === 'lte';
    return (value) => matches && rankOf(value.type) === rank;
  }
  if (operand.type === T.objectId || operand.type === T.string) {
    if (op === 'eq') return bytesTest(operand);
  }
  if (isNumber(operand.type) && Number.isNaN(numberOf(operand))) {
    const matches = op === 'eq' || op === 'gte' || op === 'lte';
    return (value) => matches && isNumber(value.type) && Number.isNaN(numberOf(value));
  }
  const accepts = signTest(op);
  return (value) => {
    if (rankOf(value.type) !== rank) return false;
    const order = compareValues(value, operand);
    // NaN is below every number in a sort, but neither less nor greater in a filter.
    if (order < 0 && op !== 'eq' && isNumber(value.type) && Number.isNaN(numberOf(value))) return false;
    return accepts(order);
  };
}

function bytesTest(operand: Value): Test {
  const { buf, type, start, end } = operand;
  const size = end - start;
  return (value) => {
    if (value.type !== type || value.end - value.start !== size) return false;
    const from = value.start;
    for (let i = size - 1; i >= 0; i--) if (value.buf[from + i] !== buf[start + i]) return false;
    return true;
  };
}

/** Values that are equal exactly if their type and bytes are. */
function byBytes(value: Value): boolean {
  return value.type === T.string || value.type === T.objectId;
}

/** A long `$in`: one lookup instead of a comparison with each. */
function memberTest(values: readonly Value[]): Test {
  const bytesOf = (value: Value) => `${value.type}:${value.buf.toString('latin1', value.start, value.end)}`;
  const members = new Set(values.map(bytesOf));
  return (value) => byBytes(value) && members.has(bytesOf(value));
}

function extremeTest(op: Comparison['op'], operand: Value): Test {
  const inclusive = op === 'eq' || op === 'gte' || op === 'lte';
  const others = operand.type === T.maxKey ? op === 'lt' || op === 'lte' : op === 'gt' || op === 'gte';
  return (value) => (value.type === operand.type ? inclusive : others);
}

function signTest(op: Comparison['op']): (order: number) => boolean {
  switch (op) {
    case 'eq':
      return (order) => order === 0;
    case 'gt':
      return (order) => order > 0;
    case 'gte':
      return (order) => order >= 0;
    case 'lt':
      return (order) => order < 0;
    case 'lte':
      return (order) => order <= 0;
  }
}
