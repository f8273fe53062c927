import { BSONRegExp } from 'mongodb';
import { compare } from './compare.js';
import { isOperators, matches } from './match.js';
import { CODES, ModelError } from './model-error.js';
import type { Modifier } from './modifier.js';
import { clone, isDoc, isNumeric, toNumber, type Doc, type Value } from './value.js';

type Make = (operand: Value, path: string) => Modifier;

/** The update operators on arrays. A change that gives back the very array it got counts as none. */
export const ARRAY_MODIFIERS: Record<string, Make> = {
  $push: (operand) => {
    const clauses: Doc = isDoc(operand) && operand.has('$each') ? operand : new Map([['$each', [operand]]]);
    const items = clauses.get('$each') as Value;
    if (!Array.isArray(items)) throw new ModelError(CODES.badValue, '$each of $push is no array');
    return {
      change: (current) => pushed(asArray(current), items, clauses),
      create: () => pushed([], items, clauses),
    };
  },
  $addToSet: (operand) => {
    const each = isDoc(operand) && [...operand.keys()][0] === '$each' ? operand.get('$each') : undefined;
    if (each !== undefined && !Array.isArray(each)) {
      throw new ModelError(CODES.typeMismatch, '$each of $addToSet is no array');
    }
    const items = distinctValues(each ?? [operand]);
    return {
      change: (current) => {
        const present = asArray(current);
        const added = items.filter((item) => !contains(present, item));
        return added.length === 0 ? current : [...present, ...clone(added)];
      },
      create: () => clone(items),
    };
  },
  $pull: (operand) => ({ change: (current) => without(asArray(current), (item) => isPulled(item, operand)) }),
  $pullAll: (operand) => {
    if (!Array.isArray(operand)) throw new ModelError(CODES.badValue, '$pullAll without an array');
    return { change: (current) => without(asArray(current), (item) => contains(operand, item)) };
  },
  $pop: (operand) => {
    const side = isNumeric(operand) ? toNumber(operand) : Number.NaN;
    if (Math.abs(side) !== 1) throw new ModelError(CODES.failedToParse, '$pop of neither 1 nor -1');
    return {
      change: (current) => {
        if (!Array.isArray(current)) throw new ModelError(CODES.typeMismatch, '$pop on what is no array');
        if (current.length === 0) return current;
        return side === 1 ? current.slice(0, -1) : current.slice(1);
      },
    };
  },
};

/** The values of a list without those equal to an earlier one, however their numbers are typed. */
export function distinctValues(items: Value[]): Value[] {
  return items.reduce<Value[]>((kept, item) => (contains(kept, item) ? kept : [...kept, item]), []);
}

const contains = (items: Value[], wanted: Value): boolean =>
  items.some((item) => compare(item, wanted) === 0);

function asArray(value: Value): Value[] {
  if (!Array.isArray(value)) throw new ModelError(CODES.badValue, 'an array operator on what is no array');
  return value;
}

function without(items: Value[], isGone: (item: Value) => boolean): Value[] {
  const kept = items.filter((item) => !isGone(item));
  return kept.length === items.length ? items : kept;
}

function pushed(current: Value[], items: Value[], clauses: Doc): Value[] {
  const numberOf = (name: string): number | undefined =>
    clauses.has(name) ? toNumber(clauses.get(name) as never) : undefined;
  const result = [...current];
  const position = numberOf('$position') ?? Infinity;
  // A negative splice counts from the end and stops at the beginning, as $position does.
  result.splice(Math.min(position, current.length), 0, ...clone(items));
  const sort = clauses.get('$sort');
  if (sort !== undefined) result.sort((left, right) => inSortOrder(left, right, sort));
  const slice = numberOf('$slice') ?? Infinity;
  while (result.length > Math.abs(slice)) {
    if (slice < 0) result.shift();
    else result.pop();
  }
  const untouched = items.length === 0 && sort === undefined && result.length === current.length;
  return untouched ? current : result;
}

function inSortOrder(left: Value, right: Value, sort: Value): number {
  if (isNumeric(sort)) return compare(left, right) * toNumber(sort);
  for (const [path, direction] of sort as Doc) {
    const order = compare(fieldAt(left, path), fieldAt(right, path)) * toNumber(direction as never);
    if (order !== 0) return order;
  }
  return 0;
}

/** An array in a field is compared as it is. */
function fieldAt(item: Value, path: string): Value {
  if (!isDoc(item)) return null;
  return (
    path.split('.').reduce<Value | undefined>((value, part) => {
      if (Array.isArray(value)) return /^\d+$/.test(part) ? value[Number(part)] : undefined;
      return isDoc(value) ? value.get(part) : undefined;
    }, item) ?? null
  );
}

function isPulled(item: Value, condition: Value): boolean {
  const isFilter = isDoc(condition) && ['$and', '$or', '$nor'].includes([...condition.keys()][0] ?? '');
  if ((isOperators(condition) && !isFilter) || condition instanceof BSONRegExp) {
    return matches(new Map([['item', item]]), new Map([['item', condition]]));
  }
  if (isDoc(condition)) return isDoc(item) && matches(item, condition);
  return compare(item, condition) === 0;
}
