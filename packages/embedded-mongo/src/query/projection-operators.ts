import { arrayValue } from '../aggregate/build.js';
import { Changed } from '../aggregate/field-rules.js';
import type { Expression } from '../aggregate/operator.js';
import { isNumber, T, typeName } from '../bson/types.js';
import {
  elements,
  elementsOf,
  fieldName,
  findField,
  MISSING,
  numberOf,
  type Element,
} from '../bson/value.js';
import { CommandError } from '../errors.js';
import { elementTest } from './matcher.js';
import { parseElemMatch } from './parse-filter.js';
import { parsePath } from './path.js';

/** `{$elemMatch: …}`: an array of the first element that matches; no field where there is none. */
export function parseElemMatchProjection(path: string, operand: Element): Expression {
  if (operand.type !== T.object) {
    throw new CommandError(
      31274,
      `elemMatch: Invalid argument, object required, but got ${typeName(operand.type)}`,
    );
  }
  const matches = elementTest(parseElemMatch(parsePath(path), operand));
  const name = fieldName(path);
  return (root) => {
    const array = findField(root.buf, root.start, name);
    if (array?.type !== T.array) return MISSING;
    for (const element of elements(array.buf, array.start))
      if (matches(element)) return arrayValue([element]);
    return MISSING;
  };
}

/**
 * `{$slice: count}` or `{$slice: [skip, count]}`, counted from the end if negative. Undefined: it is the expression of that
 * name.
 */
export function parseSlice(operand: Element): Changed | undefined {
  const numbers = operand.type === T.array ? elementsOf(operand) : [operand];
  if (!numbers.every(({ type }) => isNumber(type))) return undefined;
  const [first, second] = numbers.map((value) => clamp(numberOf(value)));
  if (operand.type !== T.array) return first! < 0 ? slice(first!, Infinity) : slice(0, first!);
  if (numbers.length !== 2 || second! <= 0) return undefined;
  return slice(first!, second!);
}

/** To 32 bits, as MongoDB reads these. */
function clamp(value: number): number {
  return Number.isNaN(value) ? 0 : Math.trunc(Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value)));
}

function slice(skip: number, count: number): Changed {
  return new Changed((value) => {
    if (value.type !== T.array) return value;
    const items = elementsOf(value);
    const from = skip < 0 ? Math.max(0, items.length + skip) : skip;
    return arrayValue(items.slice(from, from + count));
  });
}
