import { compareValues } from '../bson/compare.js';
import { dateValue } from '../bson/make.js';
import { T, typeName } from '../bson/types.js';
import { elementsOf, readString, type Element, type Value } from '../bson/value.js';
import { badValue } from '../errors.js';
import { arithmetic, bitwise, formatField } from './arithmetic.js';
import { addToSet, pop, pull, pullAll, push } from './array-operators.js';
import { REMOVED, type Modifier } from './modifier.js';
import { currentTimestamp } from './timestamps.js';
import { isRaw, toValue } from './tree.js';
import { identifierOf } from './update-tree.js';

/** The update operators. Each checks its operand; `operand.name` is the path. */
export const OPERATORS: ReadonlyMap<string, (operand: Element) => Modifier> = new Map(
  Object.entries({
    $set: set,
    $setOnInsert: (operand: Element): Modifier => ({ ...set(operand), onInsertOnly: true }),
    $unset: (): Modifier => ({ change: () => REMOVED, anyPath: true }),
    $inc: (operand: Element) => arithmetic('$inc', operand),
    $mul: (operand: Element) => arithmetic('$mul', operand),
    $min: (operand: Element) => extreme(operand, -1),
    $max: (operand: Element) => extreme(operand, 1),
    $bit: bit,
    $currentDate: currentDate,
    $push: push,
    $addToSet: addToSet,
    $pull: pull,
    $pullAll: pullAll,
    $pop: pop,
    $rename: rename,
  }),
);

function set(operand: Element): Modifier {
  const create = () => operand;
  return {
    change: (current) => (isRaw(current) && sameBytes(current, operand) ? undefined : operand),
    create,
  };
}

function sameBytes(a: Value, b: Value): boolean {
  return a.type === b.type && a.buf.compare(b.buf, b.start, b.end, a.start, a.end) === 0;
}

function extreme(operand: Element, sign: number): Modifier {
  return {
    change: (current) => (compareValues(operand, toValue(current)) * sign > 0 ? operand : undefined),
    create: () => operand,
  };
}

function bit(operand: Element): Modifier {
  if (operand.type !== T.object) {
    throw badValue(
      `The $bit modifier is not compatible with a ${typeName(operand.type)}. You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}`,
    );
  }
  return bitwise(elementsOf(operand));
}

function currentDate(operand: Element): Modifier {
  const make = isTimestamp(operand) ? currentTimestamp : () => dateValue(Date.now());
  return { change: make, create: make };
}

function isTimestamp(operand: Element): boolean {
  if (operand.type === T.bool) return false;
  if (operand.type !== T.object) {
    throw badValue(
      `${typeName(operand.type)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`,
    );
  }
  let type = '';
  for (const field of elementsOf(operand)) {
    if (field.name !== '$type') throw badValue(`Unrecognized $currentDate option: ${field.name}`);
    if (field.type === T.string) type = readString(field);
  }
  if (type !== 'date' && type !== 'timestamp') {
    throw badValue(
      "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
    );
  }
  return type === 'timestamp';
}

/** Stands at its target's place in the order of paths; the source's place is only taken. */
function rename(operand: Element): Modifier {
  const target = readString(operand);
  const [from, to] = [operand.name.split('.'), target.split('.')];
  if (target.includes('\0'))
    throw badValue("The 'to' field for $rename cannot contain an embedded null byte");
  if (operand.name === target) {
    throw badValue(`The source and target field for $rename must differ: ${formatField(operand)}`);
  }
  if (target.startsWith(`${operand.name}.`) || operand.name.startsWith(`${target}.`)) {
    throw badValue(
      `The source and target field for $rename must not be on the same path: ${formatField(operand)}`,
    );
  }
  if (from.some(isDynamic)) {
    throw badValue(`The source field for $rename may not be dynamic: ${operand.name}`);
  }
  if (to.some(isDynamic)) throw badValue(`The destination field for $rename may not be dynamic: ${target}`);
  return { change: () => undefined, from };
}

function isDynamic(part: string): boolean {
  return part === '$' || identifierOf(part) !== undefined;
}
