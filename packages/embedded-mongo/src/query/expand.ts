import { T } from '../bson/types.js';
import { elements, findField, MISSING, type Value } from '../bson/value.js';
import { parsePath, plainPathValue, type Path } from './path.js';

/** Two paths of one key lead through different arrays of the document. */
export class ParallelArrays extends Error {
  override readonly name = 'ParallelArrays';
}

/** The value that stands for an empty array; it sorts before null. */
const EMPTY_ARRAY: Value = { ...MISSING, type: T.undefined };

/** The values at `paths` if no array is on any of them. */
export function plainValues(doc: Buffer, paths: readonly Path[]): Value[] | undefined {
  const values: Value[] = [];
  for (const path of paths) {
    const value = plainPathValue(doc, 0, path);
    if (!value) return undefined;
    values.push(value);
  }
  return values;
}

/**
 * Offers every combination of values that index keys and sort keys are made of: an array on the way is taken apart, all
 * paths through it together, element by element. An element that has no such field gives `MISSING`.
 */
export function expandPaths(doc: Buffer, paths: readonly Path[], emit: (values: Value[]) => void): void {
  const root: Value = { buf: doc, type: T.object, start: 0, end: doc.length };
  expand(
    paths.map((path) => walk(root, path)),
    emit,
  );
}

/** A path followed to its end (`array` false), or to the array at `value` that it leads through or ends at. */
interface Walked {
  readonly value: Value;
  readonly array: boolean;
  /** The path behind the array; undefined if it ends there. */
  readonly rest: Path | undefined;
}

const END = { array: false, rest: undefined };

function walk(start: Value, path: Path): Walked {
  let value = start;
  for (let depth = 0; depth < path.parts.length; depth++) {
    if (value.type === T.array) {
      const position = path.positions[depth]!;
      if (position < 0) return { value, array: true, rest: restOf(path, depth) };
      value = elementAt(value, position);
    } else if (value.type === T.object) {
      value = findField(value.buf, value.start, path.names[depth]!) ?? MISSING;
    } else return { value: MISSING, ...END };
  }
  return value.type === T.array ? { value, array: true, rest: undefined } : { value, ...END };
}

const rests = new WeakMap<Path, (Path | undefined)[]>();

function restOf(path: Path, depth: number): Path {
  let known = rests.get(path);
  if (!known) rests.set(path, (known = []));
  return (known[depth] ??= parsePath(path.parts.slice(depth).join('.')));
}

function elementAt(array: Value, position: number): Value {
  let at = 0;
  for (const element of elements(array.buf, array.start)) if (at++ === position) return element;
  return MISSING;
}

function expand(walked: readonly Walked[], emit: (values: Value[]) => void): void {
  const first = walked.find((path) => path.array);
  if (!first) {
    emit(walked.map((path) => path.value));
    return;
  }
  if (walked.some((path) => path.array && path.value.start !== first.value.start)) throw new ParallelArrays();
  let empty = true;
  for (const element of elements(first.value.buf, first.value.start)) {
    empty = false;
    expand(
      walked.map((path) => enter(path, element)),
      emit,
    );
  }
  if (empty) emit(walked.map((path) => (path.array ? (path.rest ? MISSING : EMPTY_ARRAY) : path.value)));
}

function enter(path: Walked, element: Value): Walked {
  if (!path.array) return path;
  if (!path.rest) return { value: element, ...END };
  return element.type === T.object ? walk(element, path.rest) : { value: MISSING, ...END };
}
