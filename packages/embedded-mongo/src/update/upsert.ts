import { newObjectId } from '../bson/make.js';
import { findField, type Value } from '../bson/value.js';
import { ID } from '../catalog/records.js';
import { CommandError, ErrorCode } from '../errors.js';
import { isComparison, type Filter } from '../query/filter.js';
import { applyOperators } from './apply-operators.js';
import { arrayAsId, assertSameId, withIdFirst } from './apply-update.js';
import type { Update } from './parse-update.js';
import {
  childOf,
  createAt,
  ObjectNode,
  openNode,
  serializeTree,
  setChild,
  toValue,
  type Node,
} from './tree.js';
import { T } from '../bson/types.js';

/** The document that an upsert inserts: the filter's equalities, then the update, with an `_id` in front. */
export function upsertDocument(update: Update, filter: Filter): Buffer {
  const root = new ObjectNode();
  for (const [path, value] of equalities(filter, update.kind === 'replacement')) {
    setPath(root, path.split('.'), value);
  }
  const seeded = root.fields.get('_id');
  const idBefore = seeded && toValue(seeded);
  const doc = inserted(root, update);
  if (update.kind !== 'operators') assertSameId(idBefore, findField(doc, 0, ID));
  const id = findField(doc, 0, ID) ?? idBefore;
  if (id?.type === T.array) throw arrayAsId();
  return withIdFirst(doc, id ?? newObjectId());
}

function inserted(root: ObjectNode, update: Update): Buffer {
  if (update.kind === 'replacement') {
    return Buffer.from(update.doc.buf.subarray(update.doc.start, update.doc.end));
  }
  if (update.kind === 'pipeline') return update.transform(serializeTree(root));
  applyOperators(root, { ...update, inserting: true });
  return serializeTree(root);
}

/** What the filter says a document must be equal to, in the order of the paths. A replacement takes only `_id`. */
function equalities(filter: Filter, onlyId: boolean): [string, Value][] {
  const found = [...equalitiesOf(filter)]
    .filter(([path]) => !onlyId || path === '_id' || path.startsWith('_id.'))
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  found.forEach(([path], i) => {
    if (onlyId && path !== '_id') {
      throw new CommandError(
        ErrorCode.NotExactValueField,
        `field at '_id' must be exactly specified, field at sub-path '${path}'found`,
      );
    }
    for (const [other] of found.slice(0, i)) {
      if (other === path) throw ambiguous(`path '${path}' is matched twice`);
      if (path.startsWith(`${other}.`)) throw ambiguous(`both paths '${path}' and '${other}' are matched`);
    }
  });
  return found;
}

function* equalitiesOf(filter: Filter): Generator<[string, Value]> {
  if (filter.op === 'and' || (filter.op === 'or' && filter.children.length === 1)) {
    for (const child of filter.children) yield* equalitiesOf(child);
  } else if (isComparison(filter)) {
    if (filter.op === 'eq') yield [filter.path.text, filter.value];
  } else if (filter.op === 'in' && filter.patterns.length === 0 && filter.values.length === 1) {
    yield [filter.path.text, filter.values[0]!];
  }
}

function ambiguous(message: string): CommandError {
  return new CommandError(ErrorCode.NotSingleValueField, `cannot infer query fields to set, ${message}`);
}

function setPath(root: ObjectNode, parts: readonly string[], value: Value): void {
  let at: Node = root;
  for (const [depth, part] of parts.entries()) {
    const child: Node | undefined = childOf(at, part);
    const opened = child && openNode(child);
    if (!child || depth === parts.length - 1) return createAt(at, parts, parts.slice(depth), value);
    if (opened) setChild(at as ObjectNode, part, opened);
    at = opened ?? child;
  }
}
