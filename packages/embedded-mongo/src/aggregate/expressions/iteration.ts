import { isNumber, T, typeName } from '../../bson/types.js';
import {
  elementsOf,
  isTruthy,
  NULL,
  readBool,
  readString,
  type Element,
  type Value,
} from '../../bson/value.js';
import { CommandError } from '../../errors.js';
import { compareDocuments, parseSort } from '../../query/sort.js';
import { extremeN, type Accumulator } from '../accumulators.js';
import { arrayValue, compareComputed, documentValue } from '../build.js';
import {
  folded,
  isNullish,
  named,
  namedArguments,
  type Expression,
  type Operator,
  type Operators,
  type Scope,
  type Variable,
} from '../operator.js';
import { itemsOf } from './arrays.js';
import { int32Of } from './numbers.js';

const MAP = { notObject: 16878, unknown: 16879, missing: [16880, 0, 16882] };
const FILTER = { notObject: 28646, unknown: 28647, missing: [28648, 0, 28650] };
const REDUCE = { notObject: 40075, unknown: 40076, missing: [40077, 40078, 40079] };

interface Each {
  readonly variable: Variable;
  readonly inner: Scope;
}

/** The variable of `$map` and `$filter`: `as`, or `this`. */
function eachVariable(as: Element | undefined, scope: Scope): Each {
  const variable: Variable = { value: NULL };
  if (as && as.type !== T.string) throw new CommandError(9, "'as' must be a string");
  return { variable, inner: scope.define({ [as ? readString(as) : 'this']: variable }) };
}

const map: Operator = (operand, scope) => {
  const given = namedArguments(operand, ['input', 'as', 'in'], MAP);
  const input = scope.parse(given.input!);
  const { variable, inner } = eachVariable(given.as, scope);
  const body = inner.parse(given.in!);
  return folded([input, body], (root) => {
    const array = input(root);
    if (isNullish(array)) return NULL;
    const items = itemsOf(array, 16883, 'input to $map must be an array not ');
    return arrayValue(
      items.map((item) => {
        variable.value = item;
        return body(root);
      }),
    );
  });
};

const filter: Operator = (operand, scope) => {
  const given = namedArguments(operand, ['input', 'as', 'cond', 'limit'], {
    ...FILTER,
    missing: [28648, 0, 28650],
  });
  const input = scope.parse(given.input!);
  const { variable, inner } = eachVariable(given.as, scope);
  const test = inner.parse(given.cond!);
  const limit = given.limit && scope.parse(given.limit);
  return folded([input, test, ...(limit ? [limit] : [])], (root) => {
    const array = input(root);
    if (isNullish(array)) return NULL;
    const items = itemsOf(array, 28651, 'input to $filter must be an array not ');
    const most = limit ? filterLimit(limit(root)) : Infinity;
    const kept: Value[] = [];
    for (const item of items) {
      variable.value = item;
      if (!isTruthy(test(root))) continue;
      kept.push(item);
      if (kept.length >= most) break;
    }
    return arrayValue(kept);
  });
};

function filterLimit(value: Value): number {
  if (isNullish(value)) return Infinity;
  const limit = isNumber(value.type) ? int32Of(value) : undefined;
  if (limit === undefined)
    throw new CommandError(327391, '$filter: limit must be represented as a 32-bit integral value');
  if (limit <= 0) throw new CommandError(327392, `$filter: limit must be greater than 0: ${limit}`);
  return limit;
}

const reduce: Operator = (operand, scope) => {
  const given = namedArguments(operand, ['input', 'initialValue', 'in'], REDUCE);
  const input = scope.parse(given.input!);
  const initial = scope.parse(given.initialValue!);
  const item: Variable = { value: NULL };
  const value: Variable = { value: NULL };
  const body = scope.define({ this: item, value }).parse(given.in!);
  return folded([input, initial, body], (root) => {
    const array = input(root);
    if (isNullish(array)) return NULL;
    const items = itemsOf(array, 40080, "$reduce requires that 'input' be an array, found: ");
    let result = initial(root);
    for (const next of items) {
      item.value = next;
      value.value = result;
      result = body(root);
    }
    return result;
  });
};

const ZIP = { notObject: 34460, unknown: 34464, missing: [34465] };

const zip: Operator = (operand, scope) => {
  const given = namedArguments(operand, ['inputs', 'defaults', 'useLongestLength'], ZIP);
  const lists = expressionList(given.inputs!, 'inputs', 34461, scope);
  const defaults = given.defaults ? expressionList(given.defaults, 'defaults', 34462, scope) : [];
  const flag = given.useLongestLength;
  if (flag && flag.type !== T.bool)
    throw new CommandError(34463, `useLongestLength must be a bool, found ${typeName(flag.type)}`);
  const longest = flag !== undefined && readBool(flag);
  if (lists.length === 0) throw new CommandError(34465, '$zip requires at least one input array');
  if (defaults.length > 0 && !longest)
    throw new CommandError(34466, 'cannot specify defaults unless useLongestLength is true');
  if (defaults.length > 0 && defaults.length !== lists.length)
    throw new CommandError(34467, 'defaults and inputs must have the same length');
  return folded([...lists, ...defaults], (root) => {
    const arrays: Value[][] = [];
    for (const list of lists) {
      const array = list(root);
      if (isNullish(array)) return NULL;
      arrays.push(itemsOf(array, 34468, '$zip found a non-array expression in input: '));
    }
    const fill = arrays.map((_, i) => defaults[i]?.(root) ?? NULL);
    const sizes = arrays.map((array) => array.length);
    const length = longest ? Math.max(...sizes) : Math.min(...sizes);
    return arrayValue(
      Array.from({ length }, (_, row) => arrayValue(arrays.map((array, i) => array[row] ?? fill[i]!))),
    );
  });
};

function expressionList(value: Element, name: string, code: number, scope: Scope): Expression[] {
  if (value.type !== T.array)
    throw new CommandError(code, `${name} must be an array of expressions, found ${typeName(value.type)}`);
  return elementsOf(value).map((item) => scope.parse(item));
}

const SORT = { notObject: 2942500, unknown: 2942501, missing: [2942502, 2942503] };

const sortArray: Operator = (operand, scope) => {
  const given = namedArguments(operand, ['input', 'sortBy'], SORT);
  const input = scope.parse(given.input!);
  const compare = sortOrder(given.sortBy!);
  return folded([input], (root) => {
    const array = input(root);
    if (isNullish(array)) return NULL;
    const items = itemsOf(
      array,
      2942504,
      'The input argument to $sortArray must be an array, but was of type: ',
    );
    return arrayValue(items.sort(compare));
  });
};

function sortOrder(by: Element): (a: Value, b: Value) => number {
  if (by.type === T.object) {
    const compare = compareDocuments(parseSort(by));
    return (a, b) => compare(sortable(a), sortable(b));
  }
  const direction = isNumber(by.type) ? int32Of(by) : undefined;
  if (direction !== 1 && direction !== -1)
    throw new CommandError(2942505, 'The $sort element value must be either 1 or -1');
  return (a, b) => direction * compareComputed(a, b);
}

/** What has no fields sorts as if they were missing. */
function sortable(value: Value): Buffer {
  const { buf, start, end } = value.type === T.object ? value : documentValue([]);
  return buf.subarray(start, end);
}

const N_OF = { notObject: 5787900, unknown: 5787901, missing: [5787906, 5787907] };

/** The first or last, or the least or greatest elements of an array. */
function some(pick: (items: Value[], n: number) => Value): Operator {
  return named(['n', 'input'], N_OF, ({ n, input }, name) => {
    const count = countOf(n!, name);
    const items = itemsOf(input!, 5788200, `Input must be an array, found `);
    return pick(items, count);
  });
}

function gathered(items: readonly Value[], accumulator: Accumulator): Value {
  for (const item of items) accumulator.add(item);
  return accumulator.result();
}

/** The `n` of `$firstN` and its kind, also as accumulators. */
export function countOf(n: Value, name: string): number {
  const count = isNumber(n.type) ? int32Of(n) : undefined;
  if (!isNumber(n.type))
    throw new CommandError(
      5787902,
      `Value for 'n' must be of integral type, but found ${typeName(n.type)} (${name})`,
    );
  if (count === undefined)
    throw new CommandError(5787903, `Value for 'n' must be of integral type (${name})`);
  if (count <= 0) throw new CommandError(5787908, `'n' must be greater than 0, found ${count}`);
  return count;
}

export const ITERATION: Operators = {
  $map: map,
  $filter: filter,
  $reduce: reduce,
  $zip: zip,
  $sortArray: sortArray,
  $firstN: some((items, n) => arrayValue(items.slice(0, n))),
  $lastN: some((items, n) => arrayValue(items.slice(-n))),
  $minN: some((items, n) => gathered(items, extremeN(n, 1))),
  $maxN: some((items, n) => gathered(items, extremeN(n, -1))),
};
