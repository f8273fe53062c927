import { T } from '../bson/types.js';
import { elements, type Value } from '../bson/value.js';
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

/** A path that leads through a value that has no fields. */
export function pathNotViable(part: string, owner: string, shown: string): CommandError {
  return new CommandError(
    ErrorCode.PathNotViable,
    `Cannot create field '${part}' in element {${owner}: ${shown}}`,
  );
}
