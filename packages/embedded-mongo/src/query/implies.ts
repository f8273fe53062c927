import { compareValues } from '../bson/compare.js';
import { rankOf, T } from '../bson/types.js';
import type { Value } from '../bson/value.js';
import { isComparison, type Comparison, type Filter } from './filter.js';

/**
 * Do these conditions (all of them hold) guarantee `wanted`? Used to decide whether a partial index contains every
 * document a query can match; when in doubt the answer is no.
 */
export function implies(conditions: readonly Filter[], wanted: Filter): boolean {
  switch (wanted.op) {
    case 'true':
      return true;
    case 'and':
      return wanted.children.every((child) => implies(conditions, child));
    case 'or':
      return wanted.children.some((child) => implies(conditions, child));
    default:
      return conditions.some((condition) => impliesLeaf(condition, wanted));
  }
}

function impliesLeaf(known: Filter, wanted: Filter): boolean {
  if (!('path' in known) || !('path' in wanted) || known.path.text !== wanted.path.text) return false;
  if (known.op === 'in') {
    if (known.patterns.length > 0 || known.values.length === 0) return false;
    return known.values.every((value) => impliesLeaf({ op: 'eq', path: known.path, value }, wanted));
  }
  switch (wanted.op) {
    case 'exists':
      if (isComparison(known)) return rankOf(known.value.type) !== rankOf(T.null) && !isExtreme(known.value);
      return known.op === 'exists' || known.op === 'type' || known.op === 'size' || known.op === 'elemMatch';
    case 'type':
      if (known.op === 'type') return [...known.types].every((type) => wanted.types.has(type));
      return isComparison(known) && impliesType(known.value, wanted.types);
    case 'in':
      return wanted.values.some((value) => impliesLeaf(known, { op: 'eq', path: wanted.path, value }));
    default:
      return isComparison(known) && isComparison(wanted) && impliesComparison(known, wanted);
  }
}

/** Only types that no other type compares equal to, and no arrays (an element may match as well as the whole). */
function impliesType(value: Value, types: ReadonlySet<number>): boolean {
  const alone = [T.string, T.objectId, T.bool, T.date, T.binary, T.timestamp] as number[];
  return alone.includes(value.type) && types.has(value.type);
}

function isExtreme(value: Value): boolean {
  return value.type === T.minKey || value.type === T.maxKey;
}

function impliesComparison(known: Comparison, wanted: Comparison): boolean {
  if (isExtreme(known.value) || isExtreme(wanted.value) || known.value.type === T.array) return false;
  if (rankOf(known.value.type) !== rankOf(wanted.value.type)) return false;
  const order = compareValues(known.value, wanted.value);
  const { op } = known;
  switch (wanted.op) {
    case 'eq':
      return op === 'eq' && order === 0;
    case 'gt':
      return (op === 'gt' && order >= 0) || ((op === 'gte' || op === 'eq') && order > 0);
    case 'gte':
      return (op === 'gt' || op === 'gte' || op === 'eq') && order >= 0;
    case 'lt':
      return (op === 'lt' && order <= 0) || ((op === 'lte' || op === 'eq') && order < 0);
    case 'lte':
      return (op === 'lt' || op === 'lte' || op === 'eq') && order <= 0;
  }
}
