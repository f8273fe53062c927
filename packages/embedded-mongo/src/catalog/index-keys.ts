import { T } from '../bson/types.js';
import { elements, MISSING, type Value } from '../bson/value.js';
import { CommandError } from '../errors.js';
import { KeyWriter } from '../kv/key-writer.js';
import { parsePath, plainPathValue, type Path } from '../query/path.js';
import type { IndexInfo } from './index-info.js';

/** The keys of one document in one index, without the record id. */
export interface IndexKeys {
  readonly keys: readonly Buffer[];
  readonly multikey: boolean;
}

const NONE: IndexKeys = { keys: [], multikey: false };
const writer = new KeyWriter();

/**
 * The keys of `doc`: one, none (partial or sparse index), or with an array on the path one for each element.
 * Throws KeyTooLong and refusals of types.
 */
export function indexKeys(index: IndexInfo, doc: Buffer): IndexKeys {
  if (index.partial && !index.partial.matches(doc, 0)) return NONE;
  writer.start(index.ident);
  let present = false;
  for (const { path, descending } of index.fields) {
    const value = plainPathValue(doc, 0, path);
    if (!value) return multikeys(index, doc);
    if (value.type !== T.missing) present = true;
    writer.field(value, descending);
  }
  if (index.sparse && !present) return NONE;
  return { keys: [writer.key()], multikey: false };
}

/** What is left to resolve of one index field. */
interface Pending {
  readonly value: Value;
  /** undefined: the value is the field's value. */
  readonly rest: Path | undefined;
}

function multikeys(index: IndexInfo, doc: Buffer): IndexKeys {
  const root: Value = { buf: doc, type: T.object, start: 0, end: doc.length };
  const found = new Map<string, Buffer>();
  const start = index.fields.map((field): Pending => ({ value: root, rest: field.path }));
  expand(start, (values) => {
    if (index.sparse && values.every((value) => value.type === T.missing)) return;
    writer.start(index.ident);
    values.forEach((value, i) => writer.field(value, index.fields[i]!.descending));
    const key = writer.key();
    found.set(key.toString('latin1'), key);
  });
  return { keys: [...found.values()], multikey: true };
}

function expand(pending: readonly Pending[], emit: (values: Value[]) => void): void {
  const walked = pending.map(walk);
  const arrays = walked.filter((field) => field.rest !== undefined || field.isArray);
  if (arrays.length === 0) return emit(walked.map((field) => field.value));
  const array = arrays[0]!.value;
  if (arrays.some((field) => field.value.start !== array.start)) {
    throw new CommandError(171, 'cannot index parallel arrays');
  }
  let empty = true;
  for (const element of elements(array.buf, array.start)) {
    empty = false;
    expand(
      walked.map((field) => enter(field, element)),
      emit,
    );
  }
  if (empty)
    expand(
      walked.map((field) => enter(field, undefined)),
      emit,
    );
}

interface Walked extends Pending {
  readonly isArray: boolean;
  readonly done: boolean;
}

/** Follows the path up to its end or to the first array. */
function walk(field: Pending & { done?: boolean }): Walked {
  let { value, rest } = field;
  if (field.done || !rest) return { value, rest: undefined, isArray: false, done: true };
  for (;;) {
    if (value.type === T.array) return { value, rest, isArray: true, done: false };
    const next = value.type === T.object ? plainStep(value, rest) : MISSING;
    if (rest.parts.length === 1) {
      const isArray = next.type === T.array;
      return { value: next, rest: undefined, isArray, done: !isArray };
    }
    if (next.type === T.missing) return { value: MISSING, rest: undefined, isArray: false, done: true };
    value = next;
    rest = parsePath(rest.parts.slice(1).join('.'));
  }
}

function plainStep(value: Value, path: Path): Value {
  for (const element of elements(value.buf, value.start)) if (element.name === path.parts[0]) return element;
  return MISSING;
}

function enter(field: Walked, element: Value | undefined): Pending & { done?: boolean } {
  if (!field.isArray) return { value: field.value, rest: undefined, done: true };
  if (!field.rest) return { value: element ?? UNDEFINED, rest: undefined, done: true };
  if (element?.type === T.object) return { value: element, rest: field.rest };
  return { value: MISSING, rest: undefined, done: true };
}

const UNDEFINED: Value = { ...MISSING, type: T.undefined };
