import { T } from '../bson/types.js';
import { elements, fieldName, findField, MISSING, type Value } from '../bson/value.js';

/** A dotted path, split and encoded once. */
export interface Path {
  readonly text: string;
  readonly parts: readonly string[];
  readonly names: readonly Buffer[];
  /** The array position a part can stand for, -1 for none. */
  readonly positions: readonly number[];
}

export function parsePath(text: string): Path {
  const parts = text.split('.');
  return {
    text,
    parts,
    names: parts.map(fieldName),
    positions: parts.map((part) => (/^(0|[1-9]\d{0,8})$/.test(part) ? Number(part) : -1)),
  };
}

type Test = (value: Value) => boolean;

/**
 * Is there a value at `path` of the document at `start` that passes `test`? Arrays on the way are entered as MongoDB does:
 * each element that is a document, and the element at the position if the part is a number. With `expand` a leaf array
 * offers each of its elements and then itself. A path that ends nowhere offers `MISSING` once.
 */
export function somePathValue(buf: Buffer, start: number, path: Path, test: Test, expand: boolean): boolean {
  return fromDocument(buf, start, path, 0, test, expand);
}

function fromDocument(
  buf: Buffer,
  start: number,
  path: Path,
  depth: number,
  test: Test,
  expand: boolean,
): boolean {
  const value = findField(buf, start, path.names[depth]!);
  if (!value) return test(MISSING);
  if (depth === path.parts.length - 1) return expand ? leaf(value, test) : test(value);
  if (value.type === T.object) return fromDocument(buf, value.start, path, depth + 1, test, expand);
  if (value.type === T.array) return fromArray(value, path, depth + 1, test, expand);
  return test(MISSING);
}

function leaf(value: Value, test: Test): boolean {
  if (value.type === T.array) {
    for (const element of elements(value.buf, value.start)) if (test(element)) return true;
  }
  return test(value);
}

function fromArray(array: Value, path: Path, depth: number, test: Test, expand: boolean): boolean {
  const position = path.positions[depth]!;
  const last = depth === path.parts.length - 1;
  let index = 0;
  for (const element of elements(array.buf, array.start)) {
    if (element.type === T.object && fromDocument(array.buf, element.start, path, depth, test, expand))
      return true;
    if (index++ !== position) continue;
    if (last) {
      if (test(element)) return true;
    } else if (element.type === T.object) {
      if (fromDocument(array.buf, element.start, path, depth + 1, test, expand)) return true;
    } else if (element.type === T.array && fromArray(element, path, depth + 1, test, expand)) return true;
  }
  return false;
}

/** The value at `path` where no array is on the way; `undefined` if there is one (the caller must expand it). */
export function plainPathValue(buf: Buffer, start: number, path: Path): Value | undefined {
  let at = start;
  const last = path.parts.length - 1;
  for (let depth = 0; depth <= last; depth++) {
    const value = findField(buf, at, path.names[depth]!);
    if (!value) return MISSING;
    if (value.type === T.array) return undefined;
    if (depth === last) return value;
    if (value.type !== T.object) return MISSING;
    at = value.start;
  }
  return MISSING;
}
