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
    const value = equalTo(condition);
    if (name.startsWith('$') || value === undefined || (onlyId && name.split('.')[0] !== '_id')) continue;
    if (onlyId && name !== '_id') throw new ModelError(CODES.notExactValueField, 'only a part of the _id');
    for (const other of equalities.keys()) {
      if (other === name || other.startsWith(`${name}.`) || name.startsWith(`${other}.`)) {
        throw new ModelError(CODES.notSingleValueField, `${name} is matched twice`);
      }
    }
    equalities.set(name, value);
  }
}

function equalTo(condition: Value): Value | undefined {
  if (isOperators(condition)) {
    if (condition.has('$eq')) return condition.get('$eq');
    const list = condition.get('$in') ?? condition.get('$all');
    const [only, ...more] = Array.isArray(list) ? list : [];
    const single = more.length === 0 && !(only instanceof BSONRegExp) && !isOperators(only ?? null);
    return single ? only : undefined;
  }
  return condition instanceof BSONRegExp ? undefined : condition;
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
