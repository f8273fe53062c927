import { valuesEqual } from '../bson/compare.js';
import { formatValue } from '../bson/format.js';
import { isNumber, T, typeName } from '../bson/types.js';
import { elementsOf, numberOf, objectValue, readLong, type Element, type Value } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { badValue, CommandError, ErrorCode, typeMismatch } from '../errors.js';
import { compileFilter, compileValueFilter } from '../query/matcher.js';
import { parseFilter, parseOperators, SELF } from '../query/parse-filter.js';
import { formatField } from './arithmetic.js';
import { parseElementFilter } from './element-filter.js';
import { elementOrder } from './element-order.js';
import type { Modifier } from './modifier.js';
import { ArrayNode, openNode, toValue, type Node } from './tree.js';

/** The items of an array; undefined for any other value. */
function itemsOf(node: Node): readonly Node[] | undefined {
  return node.type === T.array ? (openNode(node) as ArrayNode).items : undefined;
}

function arrayOf(items: readonly Node[]): ArrayNode {
  const array = new ArrayNode();
  // Not spread into `push`: the arguments of a call are limited.
  for (const item of items) array.items.push(item);
  return array;
}

/** A whole number, whatever its type; undefined for anything else. */
function wholeNumber(value: Value): number | undefined {
  if (!isNumber(value.type)) return undefined;
  const number = value.type === T.long ? Number(readLong(value)) : numberOf(value);
  return Number.isInteger(number) ? number : undefined;
}

interface Push {
  readonly values: readonly Value[];
  readonly position?: number;
  readonly slice?: number;
  readonly sort?: (a: Value, b: Value) => number;
}

/** `$push` with `$each`, `$position`, `$sort` and `$slice`. */
export function push(operand: Element): Modifier {
  const options = parsePush(operand);
  return {
    change: (current, where) => {
      const items = itemsOf(current);
      if (!items) {
        throw badValue(
          `The field '${where.path}' must be an array but is of type ${typeName(current.type)} in document {${where.document()}}`,
        );
      }
      return pushed(items, options);
    },
    create: () => pushed([], options) ?? new ArrayNode(),
  };
}

/** Undefined: nothing to do. A sort counts as a change, also of an array in order. */
function pushed(before: readonly Node[], { values, position, slice, sort }: Push): ArrayNode | undefined {
  const { length } = before;
  const at = position === undefined ? length : position < 0 ? Math.max(0, length + position) : position;
  const all = [...before.slice(0, at), ...values, ...before.slice(at)];
  const sorted = sort ? all.map(toValue).sort(sort) : all;
  const kept = slice === undefined ? sorted : slice < 0 ? sorted.slice(slice) : sorted.slice(0, slice);
  if (values.length === 0 && !sort && kept.length === length) return undefined;
  return arrayOf(kept);
}

function parsePush(operand: Element): Push {
  const fields = operand.type === T.object ? elementsOf(operand) : [];
  if (!fields.some((field) => field.name === '$each')) return { values: [operand] };
  const clauses = new Map<string, Element>();
  for (const field of fields) {
    if (!['$each', '$position', '$slice', '$sort'].includes(field.name))
      throw badValue(`Unrecognized clause in $push: ${field.name}`);
    if (clauses.has(field.name)) throw badValue(`Only one ${field.name} is supported.`);
    clauses.set(field.name, field);
  }
  const each = clauses.get('$each')!;
  if (each.type !== T.array) {
    throw badValue(
      `The argument to $each in $push must be an array but it was of type: ${typeName(each.type)}`,
    );
  }
  const integer = (name: string, text: string) => {
    const clause = clauses.get(name);
    const value = clause && wholeNumber(clause);
    if (clause && value === undefined) {
      throw badValue(`The value for ${name} must be an integer value${text}${typeName(clause.type)}`);
    }
    return value;
  };
  const slice = integer('$slice', ' but was given type: ');
  const sort = clauses.get('$sort');
  const position = integer('$position', ', not of type: ');
  return {
    values: elementsOf(each),
    ...(slice === undefined ? {} : { slice }),
    ...(sort ? { sort: elementOrder(sort) } : {}),
    ...(position === undefined ? {} : { position }),
  };
}

/** `$addToSet`, with or without `$each`. */
export function addToSet(operand: Element): Modifier {
  const values = distinct(parseEach(operand));
  return {
    change: (current, where) => {
      const items = itemsOf(current);
      if (!items) {
        throw badValue(
          `Cannot apply $addToSet to non-array field. Field named '${where.field}' has non-array type ${typeName(current.type)}`,
        );
      }
      const present = items.map(toValue);
      const added = values.filter((value) => !present.some((item) => valuesEqual(item, value)));
      return added.length === 0 ? undefined : arrayOf([...items, ...added]);
    },
    create: () => arrayOf(values),
  };
}

function distinct(values: readonly Value[]): Value[] {
  return values.filter((value, i) => !values.slice(0, i).some((other) => valuesEqual(other, value)));
}

function parseEach(operand: Element): readonly Value[] {
  const [first, ...more] = operand.type === T.object ? elementsOf(operand) : [];
  if (first?.name !== '$each') return [operand];
  if (first.type !== T.array) {
    throw typeMismatch(
      `The argument to $each in $addToSet must be an array but it was of type ${typeName(first.type)}`,
    );
  }
  if (more.length > 0)
    throw badValue(`Found unexpected fields after $each in $addToSet: ${formatValue(operand)}`);
  return elementsOf(first);
}

/** `$pull`: by value, by a condition on the elements, or by a filter on elements that are documents. */
export function pull(operand: Element): Modifier {
  return culling('$pull', pullTest(operand));
}

/** The operators that make a condition on a value. All others (`$not`, `$or` …) belong to a filter on documents. */
const VALUE_OPERATORS = new Set(
  '$eq $ne $gt $gte $lt $lte $in $nin $all $elemMatch $size $exists $type $mod $regex $options $bitsAllSet $bitsAllClear $bitsAnySet $bitsAnyClear $geoIntersects $geoWithin $within $near $nearSphere $geoNear'.split(
    ' ',
  ),
);

function pullTest(operand: Element): (value: Value) => boolean {
  if (operand.type === T.regex) {
    const filter = buildDocument((writer) => writer.value('', operand));
    return compileValueFilter(parseFilter(objectValue(filter)), true);
  }
  if (operand.type !== T.object) return (value) => valuesEqual(value, operand);
  const [first] = elementsOf(operand);
  if (first && VALUE_OPERATORS.has(first.name)) {
    return compileValueFilter(parseOperators(SELF, operand), true);
  }
  const matcher = compileFilter(parseElementFilter(operand));
  return (value) => value.type === T.object && matcher(value.buf, value.start);
}

/** `$pullAll`: every element equal to one of the values. */
export function pullAll(operand: Element): Modifier {
  if (operand.type !== T.array)
    throw badValue(`$pullAll requires an array argument but was given a ${typeName(operand.type)}`);
  const values = elementsOf(operand);
  return culling('$pullAll', (item) => values.some((value) => valuesEqual(item, value)));
}

function culling(op: string, matches: (value: Value) => boolean): Modifier {
  return {
    change: (current) => {
      const items = itemsOf(current);
      if (!items) throw badValue(`Cannot apply ${op} to a non-array value`);
      const kept = items.filter((item) => !matches(toValue(item)));
      return kept.length === items.length ? undefined : arrayOf(kept);
    },
  };
}

/** `$pop`: 1 removes the last element, -1 the first. */
export function pop(operand: Element): Modifier {
  const failed = (message: string) => new CommandError(ErrorCode.FailedToParse, message);
  if (!isNumber(operand.type)) throw failed(`Expected a number in: ${formatField(operand)}`);
  const side = wholeNumber(operand);
  if (side === undefined) throw failed(`Expected an integer: ${formatField(operand)}`);
  if (side !== 1 && side !== -1) throw failed(`$pop expects 1 or -1, found: ${side}`);
  return {
    change: (current, where) => {
      const items = itemsOf(current);
      if (!items) {
        throw typeMismatch(
          `Path '${where.path}' contains an element of non-array type '${typeName(current.type)}'`,
        );
      }
      return items.length === 0 ? undefined : arrayOf(side === 1 ? items.slice(0, -1) : items.slice(1));
    },
  };
}
