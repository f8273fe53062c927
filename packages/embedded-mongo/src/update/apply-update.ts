import { valuesEqual } from '../bson/compare.js';
import { formatValue } from '../bson/format.js';
import { T } from '../bson/types.js';
import { elements, findField, objectValue, type Value } from '../bson/value.js';
import { ID } from '../catalog/records.js';
import { CommandError, ErrorCode } from '../errors.js';
import type { Filter } from '../query/filter.js';
import { applyOperators, dollarPrefixed } from './apply-operators.js';
import { compileMatchedPosition } from './matched-position.js';
import type { Update } from './parse-update.js';
import { ObjectNode, openNode, serializeTree } from './tree.js';

/** The document after an update; undefined if it does not count as modified. Throws MongoDB's errors. */
export type Updater = (before: Buffer) => Buffer | undefined;

/** Makes an update of the documents that `filter` matches ready to run. */
export function compileUpdate(update: Update, filter: Filter): Updater {
  if (update.kind === 'pipeline') return (before) => replaced(before, update.transform(before));
  if (update.kind === 'replacement') {
    const { buf, start, end } = update.doc;
    const doc = Buffer.from(buf.subarray(start, end));
    const dollar = [...elements(doc, 0)].find(({ name }) => name.startsWith('$'));
    return (before) => {
      const after = replaced(before, doc);
      if (after && dollar) throw dollarPrefixed(dollar.name);
      return after;
    };
  }
  const positionOf = update.positional ? compileMatchedPosition(filter) : undefined;
  return (before) => {
    const root = openDocument(before);
    const matched = positionOf?.(before)?.toString();
    const task = { ...update, inserting: false, ...(matched === undefined ? {} : { matched }) };
    return applyOperators(root, task) ? serializeTree(root) : undefined;
  };
}

export function openDocument(doc: Buffer): ObjectNode {
  return openNode(objectValue(doc)) as ObjectNode;
}

/** The document replaced, with its `_id` kept. The same bytes are no change; without an `_id` they are not the same. */
function replaced(before: Buffer, doc: Buffer): Buffer | undefined {
  if (doc.equals(before)) return undefined;
  const id = findField(before, 0, ID);
  const given = findField(doc, 0, ID);
  assertSameId(id, given);
  return given || id ? withIdFirst(doc, (given ?? id)!) : doc;
}

/** `_id` never changes; a replacement may write the same number in another type. */
export function assertSameId(before: Value | undefined, after: Value | undefined): void {
  if (after?.type === T.array) throw arrayAsId();
  if (!before || !after || valuesEqual(before, after)) return;
  throw new CommandError(
    ErrorCode.ImmutableField,
    `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${formatValue(after)}`,
  );
}

export function arrayAsId(): CommandError {
  return new CommandError(
    ErrorCode.NotSingleValueField,
    "After applying the update to the document, the (immutable) field '_id' was found to be an array or array descendant.",
  );
}

/** The document with `_id` as its first field, as MongoDB stores it. */
export function withIdFirst(doc: Buffer, id: Value): Buffer {
  const first = elements(doc, 0).next();
  if (!first.done && first.value.name === '_id') return doc;
  const root = new ObjectNode();
  root.fields.set('_id', id);
  for (const element of elements(doc, 0)) if (element.name !== '_id') root.fields.set(element.name, element);
  return serializeTree(root);
}
