import { T } from '../bson/types.js';
import { elements, objectValue, type Value } from '../bson/value.js';
import { BsonWriter } from '../bson/writer.js';

/**
 * The document with another value at a path, or without one (`undefined`). What is there keeps its place; documents on the
 * way are made, what is no document on the way is replaced by one.
 */
export function setPath(doc: Buffer, names: readonly Buffer[], value: Value | undefined): Buffer {
  const writer = new BsonWriter(doc.length + 64);
  const mark = writer.begin();
  writeWith(writer, objectValue(doc), names, 0, value);
  writer.end(mark);
  return writer.bytes();
}

function writeWith(
  writer: BsonWriter,
  from: Value | undefined,
  names: readonly Buffer[],
  depth: number,
  value: Value | undefined,
): void {
  const name = names[depth]!.toString('utf8', 0, names[depth]!.length - 1);
  let found = false;
  for (const field of from ? elements(from.buf, from.start) : []) {
    if (field.name !== name) writer.value(field.name, field);
    else {
      found = true;
      writeAt(writer, name, field, names, depth, value);
    }
  }
  if (!found && value) writeAt(writer, name, undefined, names, depth, value);
}

function writeAt(
  writer: BsonWriter,
  name: string,
  from: Value | undefined,
  names: readonly Buffer[],
  depth: number,
  value: Value | undefined,
): void {
  if (depth === names.length - 1) {
    if (value) writer.value(name, value);
    return;
  }
  const mark = writer.beginObject(name);
  writeWith(writer, from?.type === T.object ? from : undefined, names, depth + 1, value);
  writer.end(mark);
}
