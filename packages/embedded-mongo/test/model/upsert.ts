import { BSONRegExp } from 'mongodb';
import { isOperators } from './match.js';
import { CODES, ModelError } from './model-error.js';
import { Update } from './update.js';
import { clone, isDoc, type Doc, type Value } from './value.js';

/**
 * The document an upsert inserts when nothing matches: the filter's equalities, changed by the update. Without an
 * `_id` of its own the result has none; the store makes one.
 */
export function upserted(filter: Doc, update: Update): Doc {
  const equalities = new Map<string, Value>();
  collect(filter, equalities, update.isReplacement);
  const start: Doc = new Map();
  for (const path of [...equalities.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
    plant(start, path.split('.'), clone(equalities.get(path) as Value));
  }
  const result = update.run(start, true).after;
  const id = result.get('_id');
  result.delete('_id');
  if (Array.isArray(id)) throw new ModelError(CODES.notSingleValueField, 'an array as _id');
  return id === undefined ? result : new Map([['_id', id], ...result]);
}

function collect(filter: Doc, equalities: Map<string, Value>, onlyId: boolean): void {
  for (const [name, condition] of filter) {
    if (name === '$and' || (name === '$or' && (condition as Doc[]).length === 1)) {
      for (const branch of condition as Doc[]) collect(branch, equalities, onlyId);
      continue;
    }
    if (name.startsWith('$') || (onlyId && name.split('.')[0] !== '_id')) continue;
    for (const value of equalTo(condition)) {
      if (onlyId && name !== '_id') throw new ModelError(CODES.notExactValueField, 'only a part of the _id');
      for (const other of equalities.keys()) {
        if (other === name || other.startsWith(`${name}.`) || name.startsWith(`${other}.`)) {
          throw new ModelError(CODES.notSingleValueField, `${name} is matched twice`);
        }
      }
      equalities.set(name, value);
    }
  }
}

/** The values that a field must be equal to. */
function equalTo(condition: Value): Value[] {
  if (!isOperators(condition)) return condition instanceof BSONRegExp ? [] : [condition];
  return [...condition].flatMap(([operator, operand]) => {
    if (operator === '$eq') return [operand];
    const isList = operator === '$all' || (operator === '$in' && (operand as Value[]).length === 1);
    const items = isList ? (operand as Value[]) : [];
    return items.filter((item) => !(item instanceof BSONRegExp) && !isOperators(item));
  });
}

function plant(target: Doc, parts: string[], value: Value): void {
  const [first, ...rest] = parts as [string, ...string[]];
  if (rest.length === 0) {
    target.set(first, value);
    return;
  }
  const below = target.get(first);
  const next: Doc = isDoc(below) ? below : new Map();
  target.set(first, next);
  plant(next, rest, value);
}
