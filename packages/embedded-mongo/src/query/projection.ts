import { isNumber, T } from '../bson/types.js';
import { elements, elementsOf, isTruthy, type Element, type Value } from '../bson/value.js';
import { BsonWriter } from '../bson/writer.js';
import { CommandError, typeMismatch, unsupported } from '../errors.js';

type Tree = Map<string, Tree | true>;

/** Makes the projected document, or gives the stored bytes back where there is nothing to do. */
export type Projection = (doc: Buffer) => Buffer;

const scratch = new BsonWriter(16 * 1024);

/** Parses an inclusion or exclusion projection (dotted or nested). Expressions are refused by name. */
export function parseProjection(value: Value | undefined): Projection | undefined {
  if (!value) return undefined;
  if (value.type !== T.object) throw typeMismatch("Expected field 'projection' to be of type object");
  const tree: Tree = new Map();
  const state: State = { include: undefined, id: undefined };
  for (const element of elements(value.buf, value.start)) collect(element, element.name, tree, state);
  if (state.include === undefined && state.id === undefined) return undefined;
  const include = state.include ?? state.id!;
  if (include ? state.id !== false : state.id === false) tree.set('_id', true);
  return (doc) => {
    scratch.reset();
    const mark = scratch.begin();
    project(doc, 0, tree, include);
    scratch.end(mark);
    return scratch.bytes();
  };
}

interface State {
  include: boolean | undefined;
  id: boolean | undefined;
}

function collect(element: Element, path: string, tree: Tree, state: State): void {
  if (element.type === T.object) {
    const inner = elementsOf(element);
    if (inner.length === 0)
      throw new CommandError(
        51270,
        'An empty sub-projection is not a valid value. Found empty object at path',
      );
    for (const child of inner) {
      if (child.name.startsWith('$')) throw unsupported(`${child.name} in a projection`);
      collect(child, `${path}.${child.name}`, tree, state);
    }
    return;
  }
  if (!isNumber(element.type) && element.type !== T.bool)
    throw unsupported('a computed field in a projection');
  if (path === '') throw new CommandError(40352, 'FieldPath cannot be constructed with empty string');
  if (path.split('.').includes('$')) throw unsupported('the positional operator in a projection');
  if (path.startsWith('$')) {
    throw new CommandError(
      16410,
      `FieldPath field names may not start with '$'. Consider using $getField or $setField.`,
    );
  }
  const wanted = isTruthy(element);
  if (path === '_id') {
    state.id = wanted;
    return;
  }
  if (state.include !== undefined && state.include !== wanted) {
    const code = wanted ? 31253 : 31254;
    const kind = wanted ? 'inclusion' : 'exclusion';
    const other = wanted ? 'exclusion' : 'inclusion';
    throw new CommandError(code, `Cannot do ${kind} on field ${path} in ${other} projection`);
  }
  state.include = wanted;
  insert(tree, path);
}

function insert(tree: Tree, path: string): void {
  const parts = path.split('.');
  if (parts.some((part) => part === ''))
    throw new CommandError(15998, 'FieldPath field names may not be empty strings.');
  let at = tree;
  parts.forEach((part, i) => {
    const known = at.get(part);
    const last = i === parts.length - 1;
    if (known === true && !last) {
      const rest = parts.slice(i + 1).join('.');
      throw new CommandError(31249, `Path collision at ${path} remaining portion ${rest}`);
    }
    if (known !== undefined && last) {
      throw new CommandError(31250, `Path collision at ${path}`);
    }
    if (last) at.set(part, true);
    else if (known instanceof Map) at = known;
    else {
      const next: Tree = new Map();
      at.set(part, next);
      at = next;
    }
  });
}

function project(buf: Buffer, start: number, tree: Tree, include: boolean): void {
  for (const element of elements(buf, start)) {
    const node = tree.get(element.name);
    if (node === undefined || node === true) {
      if ((node === true) === include) scratch.value(element.name, element);
    } else projectInto(element, element.name, node, include);
  }
}

function projectInto(value: Value, name: string, tree: Tree, include: boolean): void {
  if (value.type === T.object) {
    const mark = scratch.beginObject(name);
    project(value.buf, value.start, tree, include);
    scratch.end(mark);
  } else if (value.type === T.array) {
    const mark = scratch.beginArray(name);
    let index = 0;
    for (const element of elements(value.buf, value.start)) {
      if (element.type !== T.object && element.type !== T.array) {
        if (!include) scratch.value(String(index++), element);
      } else projectInto(element, String(index++), tree, include);
    }
    scratch.end(mark);
  } else if (!include) scratch.value(name, value);
}
