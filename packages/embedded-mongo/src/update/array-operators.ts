import { compareValues, valuesEqual } from '../bson/compare.js';
import { isNumber, T, typeName } from '../bson/types.js';
import { elementsOf, readNumber, type Element, type Value } from '../bson/value.js';
import { badValue, typeMismatch, unsupported } from '../errors.js';
import { compileFilter, compileValueFilter } from '../query/matcher.js';
import { isOperatorDocument, parseFilter, parseOperators, SELF } from '../query/parse-filter.js';
import { compareDocuments, parseSort } from '../query/sort.js';
import { ArrayNode, openNode, toValue, type Node } from './tree.js';

/** What an operator makes of the value at its path (undefined: not there); undefined: no change. */
export type Change = (current: Node | undefined, describe: () => string) => Node | undefined;

function openArray(op: string, path: string, current: Node | undefined, describe: () => string): ArrayNode {
  if (current === undefined) return new ArrayNode();
  const opened = current.type === T.array ? openNode(current) : undefined;
  if (opened instanceof ArrayNode) return opened;
  const type = typeName(current.type);
  if (op === '$push') {
    throw badValue(`The field '${path}' must be an array but is of type ${type} in document ${describe()}`);
  }
  if (op === '$addToSet') {
    throw badValue(
      `Cannot apply $addToSet to non-array field. Field named '${path}' has non-array type ${type}`,
    );
  }
  throw badValue(`Cannot apply ${op} to a non-array value`);
}

interface PushOptions {
  readonly values: readonly Value[];
  readonly position?: number;
  readonly slice?: number;
  readonly sort?: Element;
}

/** `$push` with `$each`, `$position`, `$sort` and `$slice`. */
export function push(path: string, operand: Element): Change {
  const options = parsePush(operand);
  return (current, describe) => {
    const array = openArray('$push', path, current, describe);
    const items: Node[] = [...array.items];
    const { position } = options;
    const at =
      position === undefined ? items.length : position < 0 ? Math.max(0, items.length + position) : position;
    items.splice(Math.min(at, items.length), 0, ...options.values);
    const sorted = options.sort ? sortItems(items.map(toValue), options.sort) : items;
    const { slice } = options;
    const kept = slice === undefined ? sorted : slice < 0 ? sorted.slice(slice) : sorted.slice(0, slice);
    return arrayOf(kept);
  };
}

function arrayOf(items: readonly Node[]): ArrayNode {
  const array = new ArrayNode();
  array.items.push(...items);
  return array;
}

function parsePush(operand: Element): PushOptions {
  const fields = operand.type === T.object ? elementsOf(operand) : [];
  const each = fields.find((field) => field.name === '$each');
  if (!each) return { values: [operand] };
  if (each.type !== T.array) {
    throw badValue(
      `The argument to $each in $push must be an array but it was of type ${typeName(each.type)}`,
    );
  }
  let options: PushOptions = { values: elementsOf(each) };
  for (const field of fields) {
    if (field.name === '$position') options = { ...options, position: integerOf(field, '$position') };
    else if (field.name === '$slice') options = { ...options, slice: integerOf(field, '$slice') };
    else if (field.name === '$sort') options = { ...options, sort: field };
    else if (field.name !== '$each') throw badValue(`Unrecognized clause in $push: ${field.name}`);
  }
  return options;
}

function integerOf(field: Element, name: string): number {
  const value = isNumber(field.type) ? readNumber(field) : NaN;
  if (!Number.isInteger(value)) {
    throw badValue(
      `The value for ${name} must be an integer value but was given type: ${typeName(field.type)}`,
    );
  }
  return value;
}

function sortItems(items: Value[], sort: Element): Value[] {
  if (isNumber(sort.type)) {
    const order = readNumber(sort);
    if (order !== 1 && order !== -1) throw badValue('The $sort element value must be either 1 or -1');
    return [...items].sort((a, b) => compareValues(a, b) * order);
  }
  if (sort.type !== T.object)
    throw badValue(
      'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields',
    );
  const compare = compareDocuments(parseSort(sort));
  // An element that is no document sorts as one without the fields.
  const keyed = items.map((item) => ({
    item,
    doc: item.type === T.object ? Buffer.from(item.buf.subarray(item.start, item.end)) : EMPTY_DOCUMENT,
  }));
  return keyed.sort((a, b) => compare(a.doc, b.doc)).map((entry) => entry.item);
}

const EMPTY_DOCUMENT = Buffer.from([5, 0, 0, 0, 0]);

/** `$addToSet`, with or without `$each`. */
export function addToSet(path: string, operand: Element): Change {
  let values: Value[] = [operand];
  if (operand.type === T.object) {
    const fields = elementsOf(operand);
    if (fields[0]?.name === '$each') {
      if (fields[0].type !== T.array) {
        throw badValue(
          `The argument to $each in $addToSet must be an array but it was of type ${typeName(fields[0].type)}`,
        );
      }
      if (fields.length > 1)
        throw badValue(`Found unexpected fields after $each in $addToSet: ${fields[1]!.name}`);
      values = elementsOf(fields[0]);
    }
  }
  return (current, describe) => {
    const items: Node[] = [...openArray('$addToSet', path, current, describe).items];
    for (const value of values)
      if (!items.some((item) => valuesEqual(toValue(item), value))) items.push(value);
    return arrayOf(items);
  };
}

/** `$pull`: by value, by a condition on the elements, or by a filter on element documents. */
export function pull(operand: Element): Change {
  const matches = pullTest(operand);
  return removing('$pull', matches);
}

function pullTest(operand: Element): (value: Value) => boolean {
  if (operand.type === T.regex) throw unsupported('$pull by a regex');
  if (operand.type !== T.object) return (value) => valuesEqual(value, operand);
  if (isOperatorDocument(operand)) {
    const first = elementsOf(operand)[0]!.name;
    if (first !== '$and' && first !== '$or' && first !== '$nor')
      return compileValueFilter(parseOperators(SELF, operand), true);
  }
  const matcher = compileFilter(parseFilter(operand));
  return (value) => value.type === T.object && matcher(value.buf, value.start);
}

/** `$pullAll`: every element equal to one of the values. */
export function pullAll(operand: Element): Change {
  if (operand.type !== T.array)
    throw badValue('$pullAll requires an array argument but was given a ' + typeName(operand.type));
  const values = elementsOf(operand);
  return removing('$pullAll', (item) => values.some((value) => valuesEqual(item, value)));
}

function removing(op: string, matches: (value: Value) => boolean): Change {
  return (current, describe) => {
    if (current === undefined) return undefined;
    const array = openArray(op, '', current, describe);
    const kept = array.items.filter((item) => !matches(toValue(item)));
    return kept.length === array.items.length ? undefined : arrayOf(kept);
  };
}

/** `$pop`: 1 removes the last element, -1 the first. */
export function pop(path: string, operand: Element): Change {
  const side = isNumber(operand.type) ? readNumber(operand) : NaN;
  if (side !== 1 && side !== -1) {
    throw badValue(`$pop expects 1 or -1, found: ${Number.isNaN(side) ? typeName(operand.type) : side}`);
  }
  return (current) => {
    if (current === undefined) return undefined;
    if (current.type !== T.array) {
      throw typeMismatch(`Path '${path}' contains an element of non-array type '${typeName(current.type)}'`);
    }
    const { items } = openNode(current) as ArrayNode;
    return items.length === 0 ? undefined : arrayOf(side === 1 ? items.slice(0, -1) : items.slice(1));
  };
}
