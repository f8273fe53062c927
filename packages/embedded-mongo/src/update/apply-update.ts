import { formatValue } from '../bson/format.js';
import { newObjectId } from '../bson/make.js';
import { valuesEqual } from '../bson/compare.js';
import { T } from '../bson/types.js';
import { elements, findField, NULL, objectValue, type Value } from '../bson/value.js';
import { ID } from '../catalog/records.js';
import { CommandError, ErrorCode, badValue } from '../errors.js';
import { conjuncts, isComparison, type Filter } from '../query/filter.js';
import { comparePaths, type Step, type Update } from './parse-update.js';
import { ArrayNode, ObjectNode, openNode, pathNotViable, serializeTree, toValue, type Node } from './tree.js';

/** The document after the update. Throws MongoDB's errors; the same bytes mean that nothing changed. */
export function applyUpdate(update: Update, before: Buffer): Buffer {
  const id = findField(before, 0, ID);
  const after =
    update.kind === 'replacement'
      ? replacement(update.doc, id)
      : serializeTree(modified(openRoot(before), update.steps, before, false));
  const newId = findField(after, 0, ID);
  if (id && (!newId || !valuesEqual(id, newId) || id.type !== newId.type)) {
    throw new CommandError(
      ErrorCode.ImmutableField,
      update.kind === 'replacement'
        ? `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${newId ? formatValue(newId) : 'missing'}`
        : "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  }
  return after;
}

/** The document that an upsert inserts: the filter's equalities, then the update, with an `_id` in front. */
export function upsertDocument(update: Update, filter: Filter): Buffer {
  const root = new ObjectNode();
  const equalities = equalitiesOf(filter, update.kind === 'replacement');
  for (const [path, value] of equalities) setPath(root, path.split('.'), value);
  const idBefore = root.fields.get('_id');
  if (update.kind === 'replacement') {
    const given = findField(update.doc.buf, update.doc.start, ID);
    if (given && idBefore && !valuesEqual(given, toValue(idBefore))) {
      throw new CommandError(
        ErrorCode.ImmutableField,
        `The _id field cannot be changed from {_id: ${formatValue(toValue(idBefore))}} to {_id: ${formatValue(given)}}.`,
      );
    }
    return replacement(update.doc, given ?? (idBefore ? toValue(idBefore) : newObjectId()));
  }
  modified(root, update.steps, Buffer.alloc(0), true);
  const id = root.fields.get('_id');
  if (idBefore && !(id && id.type === idBefore.type && valuesEqual(toValue(idBefore), toValue(id)))) {
    throw new CommandError(
      ErrorCode.ImmutableField,
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  }
  if (id?.type === T.array) {
    throw new CommandError(
      ErrorCode.NotSingleValueField,
      "After applying the update to the document, the (immutable) field '_id' was found to be an array or array descendant.",
    );
  }
  return withIdFirst(serializeTree(root), id ? toValue(id) : newObjectId());
}

/** The document with `_id` as its first field, as MongoDB stores it. */
export function withIdFirst(doc: Buffer, id: Value): Buffer {
  const root = new ObjectNode();
  root.fields.set('_id', id);
  for (const element of elements(doc, 0)) if (element.name !== '_id') root.fields.set(element.name, element);
  return serializeTree(root);
}

function replacement(doc: Value, id: Value | undefined): Buffer {
  const given = findField(doc.buf, doc.start, ID);
  const bytes = Buffer.from(doc.buf.subarray(doc.start, doc.end));
  const wanted = given ?? id;
  if (!wanted || (given && elements(bytes, 0).next().value?.name === '_id')) return bytes;
  return withIdFirst(bytes, wanted);
}

function equalitiesOf(filter: Filter, onlyId: boolean): [string, Value][] {
  const found = new Map<string, Value>();
  for (const condition of conjuncts(filter)) {
    const single =
      condition.op === 'or' && condition.children.length === 1
        ? conjuncts(condition.children[0]!)
        : [condition];
    for (const equality of single) {
      if (!isComparison(equality) || equality.op !== 'eq') continue;
      const { text } = equality.path;
      if (onlyId && text !== '_id') continue;
      if (found.has(text))
        throw new CommandError(
          ErrorCode.NotSingleValueField,
          `cannot infer query fields to set, path '${text}' is matched twice`,
        );
      for (const other of found.keys()) {
        if (other.startsWith(`${text}.`) || text.startsWith(`${other}.`)) {
          throw new CommandError(
            ErrorCode.NotSingleValueField,
            `cannot infer query fields to set, both paths '${other}' and '${text}' are matched`,
          );
        }
      }
      found.set(text, equality.value);
    }
  }
  // MongoDB keeps them in the order of their paths.
  return [...found].sort(([a], [b]) => comparePaths(a.split('.'), b.split('.')));
}

function openRoot(doc: Buffer): ObjectNode {
  return openNode(objectValue(doc)) as ObjectNode;
}

function setPath(root: ObjectNode, parts: readonly string[], value: Node): void {
  let at = root;
  for (const part of parts.slice(0, -1)) {
    const next = at.fields.get(part);
    const opened = next ? openNode(next) : new ObjectNode();
    if (!(opened instanceof ObjectNode))
      throw pathNotViable(part, parts.join('.'), formatValue(toValue(next!)));
    at.fields.set(part, opened);
    at = opened;
  }
  at.fields.set(parts.at(-1)!, value);
}

function modified(root: ObjectNode, steps: readonly Step[], before: Buffer, inserting: boolean): ObjectNode {
  const describe = () => {
    const id = before.length > 0 ? findField(before, 0, ID) : undefined;
    return id ? `{_id: ${formatValue(id)}}` : '{}';
  };
  for (const step of steps) {
    if (step.onInsertOnly && !inserting) continue;
    if (step.op === '$rename') {
      // Everything happens at the target's place in the order of paths; the source only keeps others away.
      const value = step.from && renamedValue(root, step.from);
      if (!step.from || !value) continue;
      assertNoArray(root, step.parts);
      walk(root, step.parts, true, () => value);
      removePath(root, step.from);
    } else if (step.removes) removePath(root, step.parts);
    else walk(root, step.parts, step.creates, (current) => step.change(current, describe));
  }
  return root;
}

/** The value a `$rename` moves; undefined if it is not there. */
function renamedValue(root: ObjectNode, parts: readonly string[]): Node | undefined {
  let at: Node = root;
  let inArray = false;
  for (const [i, part] of parts.entries()) {
    const opened: ObjectNode | ArrayNode | undefined = openNode(at);
    const next: Node | undefined | typeof ABSENT = opened ? childOf(opened, part) : ABSENT;
    if (next === ABSENT) throw pathNotViable(part, parts[i - 1] ?? '', formatValue(toValue(at)));
    if (next === undefined) return undefined;
    if (opened instanceof ArrayNode) inArray = true;
    at = next;
  }
  if (inArray) {
    throw badValue(`The source field cannot be an array element, '${parts.join('.')}' has an array field`);
  }
  return at;
}

function assertNoArray(root: ObjectNode, parts: readonly string[]): void {
  let at: Node | undefined = root;
  for (const part of parts) {
    const opened: ObjectNode | ArrayNode | undefined = at && openNode(at);
    if (opened instanceof ArrayNode) {
      throw badValue(
        `The destination field cannot be an array element, '${parts.join('.')}' has an array field`,
      );
    }
    at = opened?.fields.get(part);
  }
}

const MAX_PADDING = 1_500_000;

function position(part: string): number {
  return /^(0|[1-9]\d*)$/.test(part) ? Number(part) : -1;
}

/** Changes the value at a path, making the documents on the way if `create`. */
function walk(
  root: ObjectNode,
  parts: readonly string[],
  create: boolean,
  change: (current: Node | undefined) => Node | undefined,
): void {
  let at: ObjectNode | ArrayNode = root;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const last = i === parts.length - 1;
    const current = childOf(at, part);
    if (current === ABSENT) throw pathNotViable(part, parts[i - 1] ?? '', formatValue(toValue(at)));
    if (last) {
      const next = change(current);
      if (next) setChild(at, part, next);
      return;
    }
    if (current === undefined) {
      if (!create) return;
      // Built aside first: a change that turns out to be none must not leave empty documents behind.
      const built = new ObjectNode();
      walk(built, parts.slice(i + 1), true, change);
      if (built.fields.size > 0) setChild(at, part, built);
      return;
    }
    const opened = openNode(current);
    if (!opened) {
      throw pathNotViable(parts[i + 1]!, part, formatValue(toValue(current)));
    }
    setChild(at, part, opened);
    at = opened;
  }
}

/** A name that an array has no place for. */
const ABSENT = Symbol('absent');

function childOf(at: ObjectNode | ArrayNode, part: string): Node | undefined | typeof ABSENT {
  if (at instanceof ObjectNode) return at.fields.get(part);
  const index = position(part);
  return index < 0 ? ABSENT : at.items[index];
}

function setChild(at: ObjectNode | ArrayNode, part: string, value: Node): void {
  if (at instanceof ObjectNode) {
    at.fields.set(part, value);
    return;
  }
  const index = position(part);
  if (index - at.items.length > MAX_PADDING)
    throw new CommandError(ErrorCode.BadValue, 'Cannot backfill that many array elements');
  while (at.items.length < index) at.items.push(NULL);
  at.items[index] = value;
}

function removePath(root: ObjectNode, parts: readonly string[]): void {
  let at: ObjectNode | ArrayNode = root;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const current: Node | undefined | typeof ABSENT = childOf(at, part);
    if (current === ABSENT || current === undefined) return;
    if (i === parts.length - 1) {
      if (at instanceof ObjectNode) at.fields.delete(part);
      else at.items[position(part)] = NULL;
      return;
    }
    const opened = openNode(current);
    if (!opened) return;
    setChild(at, part, opened);
    at = opened;
  }
}
