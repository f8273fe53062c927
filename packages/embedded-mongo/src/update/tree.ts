import { formatValue } from '../bson/format.js';
import { T } from '../bson/types.js';
import { elements, NULL, type Value } from '../bson/value.js';
import { BsonWriter } from '../bson/writer.js';
import { CommandError, ErrorCode } from '../errors.js';
import { MAX_DOCUMENT } from '../bson/validate.js';

/** A document or array opened for change; what nobody touches stays raw bytes. */
export type Node = Value | ObjectNode | ArrayNode;

export class ObjectNode {
  readonly type = T.object;
  readonly fields = new Map<string, Node>();
}

export class ArrayNode {
  readonly type = T.array;
  readonly items: Node[] = [];
}

export function isRaw(node: Node): node is Value {
  return 'buf' in node;
}

/** Opens a raw object or array one level deep. */
export function openNode(node: Node): ObjectNode | ArrayNode | undefined {
  if (!isRaw(node)) return node;
  if (node.type === T.object) {
    const opened = new ObjectNode();
    for (const element of elements(node.buf, node.start)) opened.fields.set(element.name, element);
    return opened;
  }
  if (node.type !== T.array) return undefined;
  const opened = new ArrayNode();
  for (const element of elements(node.buf, node.start)) opened.items.push(element);
  return opened;
}

const scratch = new BsonWriter(64 * 1024);

/** The bytes of a tree. Throws BSONObjectTooLarge beyond 16 MB. */
export function serializeTree(root: ObjectNode): Buffer {
  scratch.reset();
  const mark = scratch.begin();
  writeFields(root);
  scratch.end(mark);
  if (scratch.length > MAX_DOCUMENT) {
    throw new CommandError(17419, `Resulting document after update is larger than ${MAX_DOCUMENT}`);
  }
  return scratch.bytes();
}

/** A node as one value of its own. */
export function toValue(node: Node): Value {
  if (isRaw(node)) return node;
  scratch.reset();
  const mark = scratch.begin();
  if (node instanceof ObjectNode) writeFields(node);
  else writeItems(node);
  scratch.end(mark);
  const buf = scratch.bytes();
  return { buf, type: node.type, start: 0, end: buf.length };
}

function writeFields(node: ObjectNode): void {
  for (const [name, field] of node.fields) writeNode(name, field);
}

function writeItems(node: ArrayNode): void {
  node.items.forEach((item, i) => writeNode(String(i), item));
}

function writeNode(name: string, node: Node): void {
  if (isRaw(node)) return scratch.value(name, node);
  if (node instanceof ObjectNode) {
    const mark = scratch.beginObject(name);
    writeFields(node);
    scratch.end(mark);
  } else {
    const mark = scratch.beginArray(name);
    writeItems(node);
    scratch.end(mark);
  }
}

/** The part of a path that stands for a place in an array. */
export function isPosition(part: string): boolean {
  return /^\d{1,10}$/.test(part);
}

export function childOf(at: Node, part: string): Node | undefined {
  const opened = openNode(at);
  if (opened instanceof ObjectNode) return opened.fields.get(part);
  return opened && isPosition(part) ? opened.items[Number(part)] : undefined;
}

/** MongoDB's bound on the nulls that fill an array up to a new element. */
const MAX_PADDING = 1_500_000;

export function setChild(at: ObjectNode | ArrayNode, part: string, value: Node): void {
  if (at instanceof ObjectNode) {
    at.fields.set(part, value);
    return;
  }
  const index = Number(part);
  if (index - at.items.length > MAX_PADDING) {
    throw new CommandError(ErrorCode.CannotBackfillArray, `can't backfill more than ${MAX_PADDING} elements`);
  }
  while (at.items.length < index) at.items.push(NULL);
  at.items[index] = value;
}

/** Sets what lies at `parts`, of which `missing` is the end that begins in `at`; makes the documents on the way. */
export function createAt(at: Node, parts: readonly string[], missing: readonly string[], value: Node): void {
  const [first, ...below] = missing as [string, ...string[]];
  if (!(at instanceof ObjectNode) && !(at instanceof ArrayNode && isPosition(first))) {
    const owner = parts.at(-missing.length - 1);
    throw new CommandError(
      ErrorCode.PathNotViable,
      `Cannot create field '${first}' in element {${owner}: ${formatValue(toValue(at))}}`,
    );
  }
  const inner = below.reduceRight<Node>((child, part) => {
    const made = new ObjectNode();
    made.fields.set(part, child);
    return made;
  }, value);
  setChild(at, first, inner);
}
