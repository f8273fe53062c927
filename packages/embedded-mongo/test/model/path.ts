import { isDoc, type Doc, type Value } from './value.js';

export const isIndex = (part: string): boolean => /^\d+$/.test(part);

/**
 * The values a filter's path reaches in a document, as MongoDB's matcher walks it; `undefined` stands for "missing".
 * An array on the way is entered once per level, by its elements that are documents and by a numeric part. An array
 * at the end gives its elements and then itself, or only itself with `whole`.
 */
export function valuesAt(document: Doc, path: string, whole = false): (Value | undefined)[] {
  return [...walk(document, path.split('.'), whole)];
}

function* walk(document: Doc, parts: string[], whole: boolean): Generator<Value | undefined> {
  let current = document;
  for (const [depth, part] of parts.entries()) {
    const next = current.get(part);
    if (Array.isArray(next)) {
      yield* enter(next, parts.slice(depth + 1), whole);
      return;
    }
    if (next === undefined || depth === parts.length - 1) {
      yield next;
      return;
    }
    if (!isDoc(next)) {
      yield undefined;
      return;
    }
    current = next;
  }
}

function* enter(items: Value[], rest: string[], whole: boolean): Generator<Value | undefined> {
  const [first, ...others] = rest;
  if (first === undefined) {
    if (!whole) yield* items;
    yield items;
    return;
  }
  for (const [index, item] of items.entries()) {
    if (isDoc(item)) yield* walk(item, rest, whole);
    if (first !== String(index)) continue;
    if (others.length === 0) yield item;
    else if (isDoc(item)) yield* walk(item, others, whole);
    else if (Array.isArray(item)) yield* enter(item, others, whole);
  }
}
