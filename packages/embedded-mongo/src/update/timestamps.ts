import { timestampValue } from '../bson/make.js';
import { T } from '../bson/types.js';
import { elementsOf, endOf, int32, nameEnd, objectValue, type Value } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';

const last = { seconds: 0, increment: 0 };

/** Within a second the increment counts on, so that no two timestamps are equal. */
export function currentTimestamp(): Value {
  const seconds = Math.max(last.seconds, Math.floor(Date.now() / 1000));
  last.increment = seconds === last.seconds ? last.increment + 1 : 1;
  last.seconds = seconds;
  return timestampValue(seconds, last.increment);
}

/** An inserted or replacing document, in which a field of its own that is the empty timestamp becomes the current one. */
export function fillTimestamps(doc: Value): Value {
  if (!hasEmptyTimestamp(doc)) return doc;
  const fields = elementsOf(doc);
  const filled = buildDocument((writer) => {
    for (const field of fields) {
      const fills = field.name !== '_id' && isEmptyTimestamp(field.buf, field.type, field.start);
      writer.value(field.name, fills ? currentTimestamp() : field);
    }
  });
  return objectValue(filled);
}

function hasEmptyTimestamp({ buf, start, end }: Value): boolean {
  for (let at = start + 4; at < end - 1;) {
    const type = buf[at]!;
    const value = nameEnd(buf, at + 1) + 1;
    if (isEmptyTimestamp(buf, type, value)) return true;
    at = endOf(buf, type, value);
  }
  return false;
}

function isEmptyTimestamp(buf: Buffer, type: number, at: number): boolean {
  return type === T.timestamp && int32(buf, at) === 0 && int32(buf, at + 4) === 0;
}
