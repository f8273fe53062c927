import { boolValue } from '../../bson/make.js';
import { T, typeName } from '../../bson/types.js';
import { elementsOf, isTruthy, NULL, type Value } from '../../bson/value.js';
import { CommandError } from '../../errors.js';
import { arrayValue, compareComputed } from '../build.js';
import { binary, isNullish, nary, unary, variadic, type Operator, type Operators } from '../operator.js';
import { ValueSet } from '../../query/value-set.js';
import { itemsOf } from './arrays.js';

function setOf(items: Iterable<Value>): ValueSet {
  const set = new ValueSet();
  for (const item of items) set.add(item);
  return set;
}

function inOrder(items: readonly Value[]): Value {
  return arrayValue([...items].sort(compareComputed));
}

function operand(value: Value, name: string, code: number): Value[] {
  return itemsOf(value, code, `All operands of ${name} must be arrays. One argument is of type: `);
}

/** Both or one of two operands wrong: MongoDB has a code for each. */
function pair(left: Value, right: Value, name: string, codes: readonly [number, number]): [Value[], Value[]] {
  const text = (which: string) => `both operands of ${name} must be arrays. ${which} argument is of type: `;
  return [itemsOf(left, codes[0], text('First')), itemsOf(right, codes[1], text('Second'))];
}

const union = variadic((values) => {
  const all: Value[] = [];
  for (const value of values) {
    if (isNullish(value)) return NULL;
    all.push(...operand(value, '$setUnion', 17043));
  }
  return inOrder(setOf(all).list());
});

const intersection = variadic((values) => {
  let common: readonly Value[] | undefined;
  for (const value of values) {
    if (isNullish(value)) return NULL;
    const set = setOf(operand(value, '$setIntersection', 17047));
    common = common ? common.filter((item) => set.has(item)) : set.list();
    if (common.length === 0) break;
  }
  return inOrder(common ?? []);
});

const difference = binary((left, right) => {
  if (isNullish(left) || isNullish(right)) return NULL;
  const [items, others] = pair(left, right, '$setDifference', [17048, 17049]);
  const excluded = setOf(others);
  return arrayValue(setOf(items.filter((item) => !excluded.has(item))).list());
});

const isSubset = binary((left, right) => {
  const [items, others] = pair(left, right, '$setIsSubset', [17046, 17042]);
  const set = setOf(others);
  return boolValue(items.every((item) => set.has(item)));
});

const equals: Operator = (operand, scope) => {
  const count = operand.type === T.array ? elementsOf(operand).length : 1;
  if (count < 2) throw new CommandError(17045, `$setEquals needs at least two arguments had: ${count}`);
  return allEqual(operand, scope);
};

const allEqual = nary(2, Infinity, (values) => {
  const [first, ...others] = values.map((value) => setOf(operand(value, '$setEquals', 17044)));
  return boolValue(
    others.every(
      (other) =>
        other.list().length === first!.list().length && other.list().every((item) => first!.has(item)),
    ),
  );
});

function elementTruth(code: number, decide: (truths: boolean[]) => boolean): Operator {
  return unary((value, name) => {
    if (value.type !== T.array)
      throw new CommandError(code, `${name}'s argument must be an array, but is ${typeName(value.type)}`);
    return boolValue(decide(itemsOf(value, code, '').map(isTruthy)));
  });
}

export const SETS: Operators = {
  $setUnion: union,
  $setIntersection: intersection,
  $setDifference: difference,
  $setIsSubset: isSubset,
  $setEquals: equals,
  $anyElementTrue: elementTruth(17041, (truths) => truths.includes(true)),
  $allElementsTrue: elementTruth(17040, (truths) => !truths.includes(false)),
};
