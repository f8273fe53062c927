import { compare, EMPTY, type KeyValue } from './compare.js';
import { CODES, ModelError } from './model-error.js';
import { isDoc, type Doc, type Value } from './value.js';

/** A sort or an index: paths in order, each ascending (1) or descending (-1). */
export type KeyPattern = readonly (readonly [path: string, direction: 1 | -1])[];
export type Key = KeyValue[];

/**
 * The index keys of a document: one, or one for each element of the one array the paths go through. A missing value
 * is null, an empty array is EMPTY. Two arrays side by side are refused, as MongoDB does.
 */
export function keysOf(document: Doc, pattern: KeyPattern): Key[] {
  const keys: Key[] = [];
  expand(
    document,
    pattern.map(([path]) => path),
    pattern.map(() => null),
    keys,
  );
  return keys;
}

function expand(document: Doc, paths: string[], fixed: Key, keys: Key[]): void {
  const rest = [...paths];
  const key = [...fixed];
  const inArray: number[] = [];
  let array: Value[] | undefined;
  for (const [position, path] of paths.entries()) {
    if (path === '') continue;
    const found = follow(document, path);
    rest[position] = found.rest;
    if (!Array.isArray(found.value)) {
      key[position] = found.value;
      continue;
    }
    if (array !== undefined && array !== found.value) {
      throw new ModelError(CODES.cannotIndexParallelArrays, 'cannot index parallel arrays');
    }
    array = found.value;
    inArray.push(position);
  }
  if (array === undefined) {
    keys.push(key);
    return;
  }
  const elements: KeyValue[] = array.length === 0 ? [EMPTY] : array;
  for (const element of elements) {
    const elementKey = [...key];
    for (const position of inArray) if (rest[position] === '') elementKey[position] = element;
    expand(element !== EMPTY && isDoc(element) ? element : new Map(), rest, elementKey, keys);
  }
}

/** Walks a path to its end or to the first array; what is missing is null with nothing left to walk. */
function follow(document: Doc, path: string): { value: Value; rest: string } {
  const parts = path.split('.');
  let current: Value | undefined = document;
  for (const [depth, part] of parts.entries()) {
    if (!isDoc(current)) return { value: null, rest: '' };
    current = current.get(part);
    if (Array.isArray(current)) return { value: current, rest: parts.slice(depth + 1).join('.') };
  }
  return { value: current ?? null, rest: '' };
}

export function compareKeys(left: Key, right: Key, pattern: KeyPattern): number {
  for (const [position, [, direction]] of pattern.entries()) {
    const order = compare(left[position] as KeyValue, right[position] as KeyValue);
    if (order !== 0) return order * direction;
  }
  return 0;
}

/** The key a document sorts by: the first of its keys in the order of the pattern. */
export function sortKey(document: Doc, pattern: KeyPattern): Key {
  try {
    const [first, ...others] = keysOf(document, pattern);
    return others.reduce((best, key) => (compareKeys(key, best, pattern) < 0 ? key : best), first as Key);
  } catch (error) {
    if (error instanceof ModelError) throw new ModelError(CODES.badValue, 'cannot sort with parallel arrays');
    throw error;
  }
}
