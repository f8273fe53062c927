import { compareValues } from '../bson/compare.js';
import { isNumber, T } from '../bson/types.js';
import { elementsOf, fieldName, findField, NULL, numberOf, type Element, type Value } from '../bson/value.js';
import { badValue } from '../errors.js';

type Compare = (a: Value, b: Value) => number;

/**
 * `$sort` of `$push`: the elements as a whole (1, -1) or by fields. Unlike in a find, an array in a field is one value, and a
 * number in the path is a place in an array.
 */
export function elementOrder(sort: Element): Compare {
  if (isNumber(sort.type)) {
    const order = direction(sort);
    return (a, b) => compareValues(a, b) * order;
  }
  if (sort.type !== T.object) {
    throw badValue(
      'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields',
    );
  }
  const fields = elementsOf(sort).map((field) => ({ order: direction(field), path: pathOf(field.name) }));
  if (fields.length === 0) throw badValue('The $sort pattern is empty when it should be a set of fields.');
  return (a, b) => {
    for (const { order, path } of fields) {
      const result = compareValues(valueAt(a, path), valueAt(b, path)) * order;
      if (result !== 0) return result;
    }
    return 0;
  };
}

function direction(value: Value): number {
  const order = isNumber(value.type) ? numberOf(value) : 0;
  if (order !== 1 && order !== -1) throw badValue('The $sort element value must be either 1 or -1');
  return order;
}

function pathOf(text: string): Buffer[] {
  if (text === '') throw badValue('The $sort field cannot be empty');
  const parts = text.split('.');
  if (parts.includes('')) throw badValue(`The $sort field is a dotted field but has an empty part: ${text}`);
  return parts.map(fieldName);
}

function valueAt(element: Value, path: readonly Buffer[]): Value {
  let at = element;
  for (const [depth, name] of path.entries()) {
    // An element that is no document has no fields; deeper, an array's places serve as its fields.
    if (at.type !== T.object && !(depth > 0 && at.type === T.array)) return NULL;
    const next = findField(at.buf, at.start, name);
    if (!next) return NULL;
    at = next;
  }
  return at;
}
